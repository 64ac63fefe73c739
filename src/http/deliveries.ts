import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { listNewestDeliveries } from '../store/views/deliveries.ts'
import { at, count, cursorOf, encodeCursor, eventType, limit, nextCursor, text } from './fields.ts'

const state = z.enum(['pending', 'delivered', 'dead', 'held'])

const delivery = z
  .object({
    event_id: z.string(),
    event_type: eventType,
    hook: z.string(),
    state,
    attempts: count,
    first_attempt_at: at.nullable(),
    delivered_at: at.nullable(),
    next_attempt_at: at.nullable(),
    last_status_code: count.nullable(),
    last_error: z.string().nullable(),
    account: z.string().nullable(),
    migration_id: z.string().nullable(),
    recorded_at: at,
  })
  .meta({ id: 'Delivery' })

export const deliveriesOfHook = z.strictObject({
  state: state.optional(),
  limit,
  // A number that Postgres takes for one of its own.
  cursor: cursorOf(z.strictObject({ id: z.string().regex(/^\d{1,18}$/) })).optional(),
})

const deliveriesOfAll = deliveriesOfHook.extend({ hook: text.optional() })

export const deliveries = z.object({ deliveries: z.array(delivery), next_cursor: nextCursor })

export async function tellDeliveries(
  db: Db,
  { cursor: after, ...asked }: z.output<typeof deliveriesOfAll>,
): Promise<z.input<typeof deliveries>> {
  const { rows, next } = await listNewestDeliveries(db, { ...asked, after })
  return { deliveries: [...rows], next_cursor: encodeCursor(next) }
}

/** What hooks were sent, are to be sent, or did not take. */
export function addDeliveries(app: FastifyInstance, { db }: { readonly db: Db }): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v1/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        querystring: deliveriesOfAll,
        response: { 200: deliveries },
      },
    },
    ({ query }) => tellDeliveries(db, query),
  )
}

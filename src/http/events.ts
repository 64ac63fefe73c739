import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { listRecentEvents } from '../store/views/history.ts'
import {
  anything,
  askedType,
  at,
  count,
  cursorOf,
  encodeCursor,
  eventType,
  limit,
  moment,
  nextCursor,
  text,
} from './fields.ts'

/** As it is stored; the feed tells the same as CloudEvents. */
export const event = z
  .object({
    event_id: z.string(),
    type: eventType,
    account: z.string().nullable(),
    migration_id: z.string().nullable(),
    sequence: count,
    recorded_at: at,
    payload: anything,
  })
  .meta({ id: 'Event' })

const recent = z.strictObject({
  account: text.optional(),
  type: askedType.optional(),
  limit,
  cursor: cursorOf(z.strictObject({ at: moment, event_id: text })).optional(),
})

/** What was told of late, for people. */
export function addEvents(app: FastifyInstance, { db }: { readonly db: Db }): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v1/events/recent',
    {
      schema: {
        operationId: 'listRecentEvents',
        querystring: recent,
        response: { 200: z.object({ events: z.array(event), next_cursor: nextCursor }) },
      },
    },
    async ({ query: { cursor: after, type, ...asked } }) => {
      const { rows, next } = await listRecentEvents(db, { ...asked, types: type && [type], after })
      return { events: [...rows], next_cursor: encodeCursor(next) }
    },
  )
}

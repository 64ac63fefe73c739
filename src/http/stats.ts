import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { loadStats } from '../store/views/stats.ts'
import { at, count } from './fields.ts'

const ended = { succeeded: count, partial: count, failed: count, abandoned: count }
const seconds = z.number().nullable()

const stats = z
  .object({
    at,
    live: z.object({ pending: count, running: count, needs_input: count, unknown: count }),
    overdue: count,
    total: count,
    today: z.object({ discovered: count, ...ended }),
    last_24h: z.object({
      ...ended,
      failure_rate: z
        .number()
        .nullable()
        .meta({ description: 'Share of failed among what ended, 0 to 1; null where nothing did.' }),
      detection_lag_p50_seconds: seconds,
      detection_lag_p99_seconds: seconds.meta({ description: 'The greatest of the hours’ and accounts’.' }),
    }),
    accounts: z.object({ active: count, suspended: count }),
    hooks: z.object({ active: count, disabled: count, failing: count }),
    deliveries: z.object({ pending: count, held: count, dead: count, oldest_pending_seconds: seconds }),
    daily: z
      .array(z.object({ day: z.iso.date(), discovered: count, ...ended }))
      .meta({ description: 'The last 30 days in UTC, today last.' }),
    hourly: z
      .array(
        z.object({
          hour: at,
          transitions: count,
          p50_seconds: seconds,
          p99_seconds: seconds,
          list_requests: count,
          get_requests: count,
          rate_limited: count,
          errors: count,
        }),
      )
      .meta({ description: 'The last 48 hours, the present one last.' }),
  })
  .meta({ id: 'Stats' })

/** How everything goes. */
export function addStats(app: FastifyInstance, { db }: { readonly db: Db }): void {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get('/api/v1/stats', { schema: { operationId: 'getStats', response: { 200: stats } } }, async () => {
      const { daily, hourly, ...rest } = await loadStats(db)
      return { ...rest, daily: [...daily], hourly: [...hourly] }
    })
}

import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { listHooks } from '../store/hooks.ts'
import { countReplay, type ReplayFilter, replayEvents } from '../store/replays.ts'
import { askedType, count, date, text } from './fields.ts'
import { sendProblem } from './problem.ts'

const oneEvent = z.strictObject({ hook: text.optional(), dry_run: z.boolean().default(false) })

const many = z.strictObject({
  since: date.optional(),
  until: date.optional(),
  types: z.array(askedType).min(1).optional(),
  hook: text.optional(),
  /** Only deliveries that were given up. */
  dead: z.literal(true).optional(),
  dry_run: z.boolean().default(false),
})

const counted = z
  .object({ hook: z.string(), delivered: count, dead: count, held: count, pending: count, unsent: count })
  .meta({ id: 'ReplayCount', description: 'What goes to one hook, by the state that its deliveries had.' })

const answer = { dry_run: z.boolean(), hooks: z.array(counted) }

/** Sends events again under the ids that they always had, or counts what would be sent. */
export function addReplays(app: FastifyInstance, { db }: { readonly db: Db }): void {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.post(
    '/api/v1/events/:id/replay',
    {
      schema: {
        operationId: 'replayEvent',
        params: z.object({ id: text }),
        body: oneEvent,
        response: { 200: z.object({ event_id: z.string(), ...answer }) },
      },
    },
    async ({ params: { id: event }, body: { hook, dry_run: isDry } }, reply) => {
      const hooks = await replay(db, { event, hook }, isDry)
      if (hooks.length > 0) return { event_id: event, dry_run: isDry, hooks }
      return sendProblem(reply, 404, (await hookProblem(db, hook)) ?? `no hook wants an event ${event}`)
    },
  )

  api.post(
    '/api/v1/replays',
    { schema: { operationId: 'replayEvents', body: many, response: { 200: z.object(answer) } } },
    async ({ body: { dry_run: isDry, ...filter } }, reply) => {
      if (filter.since === undefined && filter.until === undefined && filter.dead === undefined) {
        return sendProblem(reply, 400, 'say what to send again: since, until or dead')
      }
      const unknown = await hookProblem(db, filter.hook)
      if (unknown !== null) return sendProblem(reply, 404, unknown)
      return { dry_run: isDry, hooks: await replay(db, filter, isDry) }
    },
  )
}

/** The states in the counts are those of before. */
function replay(db: Db, filter: ReplayFilter, isDry: boolean) {
  return isDry ? countReplay(db, filter) : replayEvents(db, filter)
}

async function hookProblem(db: Db, hook: string | undefined): Promise<string | null> {
  if (hook === undefined) return null
  const names = (await listHooks(db)).map(({ name }) => name)
  return names.includes(hook)
    ? null
    : `no hook is called ${hook}; there is ${names.join(', ') || 'none at all'}`
}

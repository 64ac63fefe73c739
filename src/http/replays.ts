import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { EVENT_TYPES } from '../domain/event-type.ts'
import type { Db } from '../store/db.ts'
import { listHooks } from '../store/hooks.ts'
import { countReplay, type ReplayFilter, replayEvents } from '../store/replays.ts'
import { parseBody } from './parse-body.ts'
import { sendProblem } from './problem.ts'

const moment = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-03-04T09:00:00Z' })

const oneEvent = z.strictObject({ hook: z.string().optional(), dry_run: z.boolean().default(false) })

const many = z.strictObject({
  since: moment.optional(),
  until: moment.optional(),
  types: z.array(z.enum(EVENT_TYPES)).min(1).optional(),
  hook: z.string().optional(),
  /** Only deliveries that were given up. */
  dead: z.literal(true).optional(),
  dry_run: z.boolean().default(false),
})

/** Sends events again under the ids that they always had, or counts what would be sent. */
export function addReplays(app: FastifyInstance, { db }: { readonly db: Db }): void {
  app.post<{ Params: { id: string } }>('/api/v1/events/:id/replay', async (request, reply) => {
    const body = await parseBody(oneEvent, request, reply)
    if (body === null) return reply
    const event = request.params.id
    const counts = await replay(db, { event, hook: body.hook }, body.dry_run)
    if (counts.length > 0) return { event_id: event, dry_run: body.dry_run, hooks: counts }
    return sendProblem(reply, 404, (await hookProblem(db, body.hook)) ?? `no hook wants an event ${event}`)
  })

  app.post('/api/v1/replays', async (request, reply) => {
    const body = await parseBody(many, request, reply)
    if (body === null) return reply
    const { since, until, dry_run: isDry, ...rest } = body
    if (since === undefined && until === undefined && rest.dead === undefined) {
      return sendProblem(reply, 400, 'say what to send again: since, until or dead')
    }
    const unknown = await hookProblem(db, rest.hook)
    if (unknown !== null) return sendProblem(reply, 404, unknown)
    const counts = await replay(db, { ...rest, since: dateOf(since), until: dateOf(until) }, isDry)
    return { dry_run: isDry, hooks: counts }
  })
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

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

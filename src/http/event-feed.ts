import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import { parseDuration } from '../domain/duration.ts'
import { type OutgoingEvent, toCloudEvent, toOutgoing } from '../domain/outgoing-event.ts'
import type { Db } from '../store/db.ts'
import { findLatestEvent, listEventsAfter } from '../store/event-feed.ts'
import type { Bell } from './bell.ts'
import { LOOK_EVERY_MS, STREAM_HEADERS, writeEventStream } from './event-stream.ts'
import { anything, at, text } from './fields.ts'
import { sendProblem } from './problem.ts'

export interface EventFeedDeps {
  readonly db: Db
  /** Rings when there may be new events. */
  readonly bell: Bell
  /** After how many ms a stream that takes nothing is cut off; default 30 s. */
  readonly stalledMs?: number
}

const PAGE = 500
/** Below what proxies wait for an answer: nginx and AWS load balancers 60 s, HAProxy as Debian configures it 50 s. */
const LONGEST_WAIT_MS = 45_000
const STALLED_MS = 30_000

/** The id of the last event that one has; `latest` stands for the newest of now. */
const after = text.optional()

const wait = z
  .string()
  .transform((given) => (given === '0' ? 0 : parseDuration(given)))
  .refine((ms) => ms !== null, { error: 'expected a duration such as 30s' })

const asked = z.strictObject({
  after,
  wait: wait.optional(),
  limit: z.coerce.number().int().min(1).max(PAGE).default(100),
})

const cloudEvent = z
  .object({
    specversion: z.string(),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string().optional(),
    time: at,
    sequence: z.string(),
    datacontenttype: z.string(),
    data: anything,
  })
  .meta({ id: 'CloudEvent' })

/** The same events that hooks get, for those who would rather ask. A cursor is the id of the last event one has. */
export function addEventFeed(app: FastifyInstance, deps: EventFeedDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.get(
    '/api/v1/events',
    {
      schema: {
        operationId: 'listEvents',
        querystring: asked,
        response: { 200: z.object({ events: z.array(cloudEvent), next: z.string().nullable() }) },
      },
    },
    async ({ query }, reply) => {
      const waitMs = Math.min(query.wait ?? 0, LONGEST_WAIT_MS)
      const page = await waitForPage(deps, { ...query, waitMs }, endOf(reply))
      return page ?? sendProblem(reply, 404, 'after is the id of no event')
    },
  )

  api.get(
    '/api/v1/events/stream',
    {
      schema: {
        operationId: 'streamEvents',
        querystring: z.strictObject({ after }),
        headers: z.looseObject({ 'last-event-id': text.optional() }),
        response: {
          200: {
            description: 'Server-sent events',
            content: { 'text/event-stream': { schema: z.string() } },
          },
        },
      },
    },
    ({ headers, query }, reply) =>
      stream(deps, headers['last-event-id'] ?? query.after ?? 'latest', reply as FastifyReply),
  )
}

interface PageAsked {
  readonly after?: string | undefined
  readonly waitMs: number
  readonly limit: number
}

/** Null where `after` is no event's id. */
async function waitForPage(deps: EventFeedDeps, page: PageAsked, signal: AbortSignal) {
  const after = await resolveCursor(deps.db, page.after ?? null)
  const untilMs = performance.now() + page.waitMs
  for (;;) {
    const events = await listOutgoing(deps.db, after, page.limit)
    if (events === null) return null
    const leftMs = untilMs - performance.now()
    if (events.length > 0 || leftMs <= 0 || signal.aborted) {
      return { events: events.map(toCloudEvent), next: events.at(-1)?.id ?? after }
    }
    await deps.bell.next(Math.min(leftMs, LOOK_EVERY_MS), signal)
  }
}

/** Server-sent events; a client that reconnects says with `Last-Event-ID` where it was. */
async function stream(deps: EventFeedDeps, from: string, reply: FastifyReply) {
  const after = await resolveCursor(deps.db, from)
  const known = await listEventsAfter(deps.db, after, 1)
  if (known === null) return sendProblem(reply, 404, 'the id to go on from is that of no event')

  void reply.hijack()
  reply.raw.writeHead(200, STREAM_HEADERS)
  // No event would follow, nor an end.
  if (reply.request.method === 'HEAD') return void reply.raw.end()
  const { bell, stalledMs = STALLED_MS } = deps
  const listAfter = async (id: string | null) => (await listOutgoing(deps.db, id, PAGE)) ?? []
  await writeEventStream({ bell, listAfter, stalledMs }, after, reply.raw, endOf(reply))
}

async function listOutgoing(db: Db, after: string | null, limit: number): Promise<OutgoingEvent[] | null> {
  return (await listEventsAfter(db, after, limit))?.map(toOutgoing) ?? null
}

/** `latest` stands for the newest event of now. */
async function resolveCursor(db: Db, asked: string | null): Promise<string | null> {
  return asked === 'latest' ? findLatestEvent(db) : asked
}

/** Aborted when the client has disconnected, or the server closes. */
function endOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // Not the socket's own: one that is kept alive would gather a listener for each request.
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

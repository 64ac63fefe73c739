import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import { parseDuration } from '../domain/duration.ts'
import { type OutgoingEvent, toCloudEvent, toOutgoing } from '../domain/outgoing-event.ts'
import type { Db } from '../store/db.ts'
import { findLatestEvent, listEventsAfter } from '../store/event-feed.ts'
import type { Bell } from './bell.ts'
import { anything, at, text } from './fields.ts'
import { sendProblem } from './problem.ts'

export interface EventFeedDeps {
  readonly db: Db
  /** Rings when there may be new events. */
  readonly bell: Bell
}

const PAGE = 500
const LONGEST_WAIT_MS = 60_000
/** A ring may be lost, or come while an older transaction still holds new events back. */
const LOOK_EVERY_MS = 500
/** So that whatever stands in between does not take the stream for dead. */
const HEARTBEAT_MS = 15_000

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
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
  // No event would follow, nor an end.
  if (reply.request.method === 'HEAD') return void reply.raw.end()
  reply.raw.write(': landfall\n\n')
  await writeFrom(deps, after, reply.raw, endOf(reply))
}

async function writeFrom(
  deps: EventFeedDeps,
  from: string | null,
  raw: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let after = from
  let beatAt = performance.now() + HEARTBEAT_MS
  while (!signal.aborted) {
    const events = (await listOutgoing(deps.db, after, PAGE)) ?? []
    after = events.at(-1)?.id ?? after
    await writeEvents(raw, events, signal)
    if (performance.now() >= beatAt) {
      raw.write(': alive\n\n')
      beatAt = performance.now() + HEARTBEAT_MS
    }
    if (events.length === 0) await deps.bell.next(LOOK_EVERY_MS, signal)
  }
}

async function writeEvents(
  raw: ServerResponse,
  events: readonly OutgoingEvent[],
  signal: AbortSignal,
): Promise<void> {
  for (const event of events) {
    if (signal.aborted) return
    const data = JSON.stringify(toCloudEvent(event))
    const isFlowing = raw.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${data}\n\n`)
    // A reader that is slower than we are must not fill our memory.
    if (!isFlowing) await Promise.race([once(raw, 'drain'), once(raw, 'close')])
  }
}

async function listOutgoing(db: Db, after: string | null, limit: number): Promise<OutgoingEvent[] | null> {
  return (await listEventsAfter(db, after, limit))?.map(toOutgoing) ?? null
}

/** `latest` stands for the newest event of now. */
async function resolveCursor(db: Db, asked: string | null): Promise<string | null> {
  return asked === 'latest' ? findLatestEvent(db) : asked
}

/** Aborted when the client has gone, or the server closes. */
function endOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // Not the socket's own: one that is kept alive would gather a listener for each request.
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

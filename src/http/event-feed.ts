import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { parseDuration } from '../domain/duration.ts'
import { type OutgoingEvent, toCloudEvent, toOutgoing } from '../domain/outgoing-event.ts'
import type { Db } from '../store/db.ts'
import { findLatestEvent, listEventsAfter } from '../store/event-feed.ts'
import type { Bell } from './bell.ts'
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

interface FeedQuery {
  readonly after?: string
  readonly wait?: string
  readonly limit?: string
}

/** The same events that hooks get, for those who would rather ask. A cursor is the id of the last event one has. */
export function addEventFeed(app: FastifyInstance, deps: EventFeedDeps): void {
  app.get<{ Querystring: FeedQuery }>('/api/v1/events', (request, reply) => answerPage(deps, request, reply))
  app.get<{ Querystring: FeedQuery }>('/api/v1/events/stream', (request, reply) =>
    stream(deps, request, reply),
  )
}

async function answerPage(
  deps: EventFeedDeps,
  request: FastifyRequest<{ Querystring: FeedQuery }>,
  reply: FastifyReply,
) {
  const { wait = '0ms', limit = '100' } = request.query
  const waitMs = wait === '0' ? 0 : parseDuration(wait)
  if (waitMs === null) return sendProblem(reply, 400, 'wait is no duration; expected one such as 30s')
  const count = /^\d{1,4}$/.test(limit) ? Number(limit) : 0
  if (count < 1 || count > PAGE) return sendProblem(reply, 400, `limit is no number from 1 to ${PAGE}`)

  const after = await resolveCursor(deps.db, request.query.after ?? null)
  const signal = endOf(reply)
  const untilMs = performance.now() + Math.min(waitMs, LONGEST_WAIT_MS)
  for (;;) {
    const events = await listOutgoing(deps.db, after, count)
    if (events === null) return sendProblem(reply, 404, 'after is the id of no event')
    const leftMs = untilMs - performance.now()
    if (events.length > 0 || leftMs <= 0 || signal.aborted) {
      return { events: events.map(toCloudEvent), next: events.at(-1)?.id ?? after }
    }
    await deps.bell.next(Math.min(leftMs, LOOK_EVERY_MS), signal)
  }
}

/** Server-sent events; a client that reconnects says with `Last-Event-ID` where it was. */
async function stream(
  deps: EventFeedDeps,
  request: FastifyRequest<{ Querystring: FeedQuery }>,
  reply: FastifyReply,
) {
  const asked = request.headers['last-event-id'] ?? request.query.after ?? 'latest'
  const after = await resolveCursor(deps.db, String(asked))
  const known = await listEventsAfter(deps.db, after, 1)
  if (known === null) return sendProblem(reply, 404, 'the id to go on from is that of no event')

  void reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  })
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

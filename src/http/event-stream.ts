import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

import { type OutgoingEvent, toCloudEvent } from '../domain/outgoing-event.ts'
import type { Bell } from './bell.ts'

export interface EventStreamOptions {
  readonly bell: Bell
  /** The events after the one with this id, oldest first; null stands for the beginning. */
  readonly listAfter: (id: string | null) => Promise<readonly OutgoingEvent[]>
  /** Milliseconds after which a stream whose client takes nothing is cut off. */
  readonly stalledMs: number
}

/** Below the idle timeouts of proxies, of which the shortest usual one is 30 s. */
const HEARTBEAT_MS = 15_000
/** A notification may be lost, or come while an older transaction still holds new events back. */
export const LOOK_EVERY_MS = 500

/** Without these headers nginx buffers the stream, and other proxies do so where they compress or cache. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * Writes events as they are recorded, until the client disconnects or `signal` aborts. A stream that fails ends: its
 * client connects again, and says with `Last-Event-ID` where it was.
 */
export async function writeEventStream(
  options: EventStreamOptions,
  from: string | null,
  raw: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { bell, listAfter, stalledMs } = options
  const write = (text: string) => writeWithin(stalledMs, raw, text, signal)
  try {
    // Some proxies pass the headers on with the first bytes of the body only.
    await write(': landfall\n\n')
    let after = from
    let beatAt = performance.now() + HEARTBEAT_MS
    while (!signal.aborted) {
      const events = await listAfter(after)
      for (const event of events) await write(formatEvent(event))
      after = events.at(-1)?.id ?? after
      if (performance.now() >= beatAt) {
        await write(': alive\n\n')
        beatAt = performance.now() + HEARTBEAT_MS
      }
      if (events.length === 0) await bell.next(LOOK_EVERY_MS, signal)
    }
  } catch {
    raw.destroy()
  }
}

function formatEvent(event: OutgoingEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(toCloudEvent(event))}\n\n`
}

/** Waits while the client is slower than we are, so that it does not fill our memory; throws where it takes nothing. */
async function writeWithin(
  ms: number,
  raw: ServerResponse,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted || raw.write(text)) return
  await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]) })
}

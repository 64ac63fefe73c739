import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../domain/outgoing-event.ts'
import type { Hook } from './deliver-event.ts'
import { newEventId } from './event-id.ts'

export interface Tested {
  readonly eventId: string
  readonly outcome: AttemptOutcome
}

/** Sends one event at once, past the outbox: nothing is stored, and nothing is tried again. */
export async function testHook(hook: Hook): Promise<Tested> {
  const event = testEvent(hook.name)
  return { eventId: event.id, outcome: await hook.send(event, new AbortController().signal) }
}

function testEvent(hook: string): OutgoingEvent {
  return {
    id: newEventId(),
    type: 'hook.test',
    source: `/hooks/${hook}`,
    subject: null,
    time: new Date().toISOString(),
    sequence: '0'.repeat(10),
    data: { hook },
  }
}

export function toTestedJson({ eventId, outcome }: Tested) {
  const { kind, ...rest } = outcome
  const { durationMs, retryAfterMs, ...plain } = { durationMs: undefined, retryAfterMs: undefined, ...rest }
  return { event_id: eventId, kind, ...plain, duration_ms: durationMs, retry_after_ms: retryAfterMs }
}

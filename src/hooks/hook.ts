import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../domain/outgoing-event.ts'

/** One kind of hook, ready to send. All kinds share the outbox, the retries and the log. */
export interface Sender<Target> {
  /**
   * Makes one attempt to deliver. Whatever the receiver or the network does is an outcome; it rejects only when the
   * caller aborts (with the signal's reason: that attempt says nothing about the hook) or when the target was never
   * valid.
   */
  send(target: Target, event: OutgoingEvent, signal: AbortSignal): Promise<AttemptOutcome>
  close(): Promise<void>
}

import type { AttemptOutcome } from '../domain/delivery-policy.ts'

/** An event as it leaves Landfall: the same values on every attempt. */
export interface OutgoingEvent {
  /** `evt_…`; what a receiver recognises a repeated delivery by. */
  readonly id: string
  readonly type: string
  /** The path of the account, or of the hook, that it comes from: `/accounts/acme`. */
  readonly source: string
  /** The migration's id; null for an event about the account or a hook itself. */
  readonly subject: string | null
  /** RFC 3339 in UTC. */
  readonly time: string
  /** Zero-padded, so that text order is the order of the migration's events. */
  readonly sequence: string
  readonly data: Readonly<Record<string, unknown>>
}

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

import pRetry from 'p-retry'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import { type OutgoingEvent, toOutgoing } from '../domain/outgoing-event.ts'
import type { Meter } from '../metrics/meter.ts'
import { inSpan } from '../runtime/tracing.ts'
import {
  type ClaimedDelivery,
  type DeliveryClaim,
  returnDelivery,
  startAttempt,
} from '../store/deliveries.ts'
import { type SettleDeps, settleAttempt } from './settle-attempt.ts'

/** A hook of this process's configuration, ready to be sent to. */
export interface Hook {
  readonly name: string
  readonly send: (event: OutgoingEvent, signal: AbortSignal) => Promise<AttemptOutcome>
}

export interface DeliverDeps extends SettleDeps {
  readonly hooks: ReadonlyMap<string, Hook>
  readonly meter: Meter
}

/** In all less than a claim lasts. */
const SETTLE_RETRIES = { retries: 4, minTimeout: 200, factor: 2 }

/** A hook that only other processes know: they get another chance first. */
const FOREIGN_HOOK_WAIT_MS = 10_000

/** Makes one attempt to deliver one event to one hook, and writes down what came of it. */
export async function deliverEvent(
  deps: DeliverDeps,
  delivery: DeliveryClaim,
  signal: AbortSignal,
): Promise<void> {
  const claimed = await startAttempt(deps.db, delivery)
  if (claimed === null) return
  const hook = deps.hooks.get(claimed.hook)
  if (hook === undefined) return returnDelivery(deps.db, delivery, FOREIGN_HOOK_WAIT_MS)

  const started = performance.now()
  let outcome: AttemptOutcome
  try {
    outcome = await attempt(hook, claimed, signal)
  } catch (err) {
    // Aborted by the stop of the process: it says nothing about the hook.
    if (signal.aborted) return returnDelivery(deps.db, delivery, 0)
    throw err
  }
  const tookMs = performance.now() - started
  const durationMs = Math.round(tookMs)
  const { firstAfterMs } = claimed
  deps.meter.attemptMade({ hook: hook.name, outcome: outcome.kind, tookMs, firstAfterMs })
  // What the receiver has seen cannot be taken back: a hiccup of the database must not send it again.
  await pRetry(() => settleAttempt(deps, { delivery, claimed, durationMs }, outcome), SETTLE_RETRIES)
}

function attempt(
  hook: Hook,
  { event, attempt: n }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const attributes = {
    'landfall.hook': hook.name,
    'landfall.event_id': event.id,
    'landfall.event_type': event.type,
    'landfall.attempt': n,
  }
  return inSpan('deliver', { attributes, asks: true }, async (span) => {
    const outcome = await hook.send(toOutgoing(event), signal)
    span.setAttribute('landfall.outcome', outcome.kind)
    return outcome
  })
}

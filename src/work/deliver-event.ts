import pRetry from 'p-retry'
import type { Logger } from 'pino'

import { type AttemptOutcome, decideDelivery } from '../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../hooks/hook.ts'
import type { Db } from '../store/db.ts'
import {
  buryDelivery,
  type ClaimedDelivery,
  type DeliveryClaim,
  markDelivered,
  noteLastAnswer,
  retryDelivery,
  returnDelivery,
  startAttempt,
} from '../store/deliveries.ts'
import { disableHook } from '../store/hooks.ts'

/** A hook of this process's configuration, ready to be sent to. */
export interface Hook {
  readonly name: string
  readonly send: (event: OutgoingEvent, signal: AbortSignal) => Promise<AttemptOutcome>
}

export interface DeliverDeps {
  readonly db: Db
  readonly log: Logger
  readonly hooks: ReadonlyMap<string, Hook>
  /** 0 ≤ n < 1 */
  readonly random: () => number
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
    outcome = await hook.send(outgoing(claimed), signal)
  } catch (err) {
    // Aborted by the stop of the process: it says nothing about the hook.
    if (signal.aborted) return returnDelivery(deps.db, delivery, 0)
    throw err
  }
  const durationMs = Math.round(performance.now() - started)
  // What the receiver has seen cannot be taken back: a hiccup of the database must not send it again.
  await pRetry(() => settleAttempt(deps, delivery, claimed, outcome, durationMs), SETTLE_RETRIES)
}

async function settleAttempt(
  deps: DeliverDeps,
  delivery: DeliveryClaim,
  claimed: ClaimedDelivery,
  outcome: AttemptOutcome,
  durationMs: number,
): Promise<void> {
  const now = new Date()
  const decision = decideDelivery(outcome, claimed.attempt, now, deps.random())
  const failed = { statusCode: 'status' in outcome ? outcome.status : null, error: describe(outcome) }
  const { id, type } = claimed.event
  const line = {
    event: id,
    type,
    hook: claimed.hook,
    attempt: claimed.attempt,
    ...outcome,
    decision: decision.kind,
    durationMs,
  }
  switch (decision.kind) {
    case 'delivered':
      await markDelivered(deps.db, delivery, failed.statusCode ?? 0)
      return deps.log.info(line, 'delivery.attempted')
    case 'retry':
      await retryDelivery(deps.db, delivery, failed, decision.at.getTime() - now.getTime())
      return deps.log.warn({ ...line, nextAttemptAt: decision.at }, 'delivery.attempted')
    case 'dead':
      await buryDelivery(deps.db, delivery, failed)
      return deps.log.error(line, 'delivery.attempted')
    case 'gone':
      await disableHook(deps.db, claimed.hook, 'the receiver answered 410 Gone')
      await noteLastAnswer(deps.db, delivery, failed)
      return deps.log.error(line, 'delivery.attempted')
    default:
      return decision satisfies never
  }
}

function describe(outcome: AttemptOutcome): string {
  if (outcome.kind === 'accepted') return ''
  if (outcome.kind !== 'refused') return outcome.reason
  return `answered ${outcome.status}${outcome.excerpt === '' ? '' : `: ${outcome.excerpt}`}`
}

function outgoing({ event }: ClaimedDelivery): OutgoingEvent {
  return {
    id: event.id,
    type: event.type,
    source: `/accounts/${event.account}`,
    subject: event.migrationId,
    time: event.recordedAt.toISOString(),
    sequence: String(event.sequence).padStart(10, '0'),
    data: event.payload,
  }
}

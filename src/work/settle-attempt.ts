import type { Logger } from 'pino'

import { type AttemptOutcome, decideDelivery } from '../domain/delivery-policy.ts'
import { decideHealth, type HookHealth, type HookSignal } from '../domain/hook-health.ts'
import { type Db, inTransaction, type Tx } from '../store/db.ts'
import {
  buryDelivery,
  type ClaimedDelivery,
  type DeliveryClaim,
  type FailedAttempt,
  holdDelivery,
  markDelivered,
  retryDelivery,
} from '../store/deliveries.ts'
import { insertEvents } from '../store/events.ts'
import { lockHookHealth, markHookHealthy, saveHookHealth, takeHookSequence } from '../store/hook-health.ts'
import { disableHook } from '../store/hooks.ts'

export interface SettleDeps {
  readonly db: Db
  readonly log: Logger
  /** 0 ≤ n < 1 */
  readonly random: () => number
  readonly newEventId: () => string
}

type Failure = Exclude<AttemptOutcome, { kind: 'accepted' }>

export interface MadeAttempt {
  readonly delivery: DeliveryClaim
  readonly claimed: ClaimedDelivery
  readonly durationMs: number
}

/** Writes down what came of an attempt, for its delivery and for its hook. */
export async function settleAttempt(
  deps: SettleDeps,
  made: MadeAttempt,
  outcome: AttemptOutcome,
): Promise<void> {
  const { claimed, durationMs } = made
  const { id, type } = claimed.event
  const line = { event: id, type, hook: claimed.hook, attempt: claimed.attempt, ...outcome, durationMs }
  if (outcome.kind !== 'accepted') return settleFailure(deps, made, outcome, line)

  await markDelivered(deps.db, made.delivery, outcome.status ?? null)
  // Apart from the statement before: together they would lock in another order than a failure does.
  if (claimed.isHookFailing) await markHookHealthy(deps.db, claimed.hook)
  deps.log.info({ ...line, decision: 'delivered' }, 'delivery.attempted')
}

async function settleFailure(
  deps: SettleDeps,
  { delivery, claimed }: MadeAttempt,
  outcome: Failure,
  line: object,
): Promise<void> {
  const failed = { statusCode: outcome.kind === 'refused' ? outcome.status : null, error: describe(outcome) }
  const { decision, level, ...rest } = await inTransaction(deps.db, async (tx) => {
    const { state, health: before, kind, now } = await lockHookHealth(tx, claimed.hook)
    // Another attempt that was under way has disabled it: that is told once.
    if (state === 'disabled') return hold(tx, delivery, failed)
    const { health, pauseMs, signal } = decideHealth(before, outcome, now, deps.random())
    await saveHookHealth(tx, claimed.hook, health, pauseMs)
    const told = { hook: claimed.hook, kind, health, lastError: failed.error }
    if (signal !== null) await tellSignal(deps, tx, signal, told)
    if (signal?.kind === 'disabled') {
      await disableHook(tx, claimed.hook, signal.reason)
      return hold(tx, delivery, failed)
    }
    return { pauseMs, ...(await writeDecision(deps, tx, { delivery, claimed, outcome, failed, now })) }
  })
  deps.log[level]({ ...line, decision, ...rest }, 'delivery.attempted')
}

async function hold(tx: Tx, delivery: DeliveryClaim, failed: FailedAttempt) {
  await holdDelivery(tx, delivery, failed)
  return { decision: 'held', level: 'error' as const }
}

interface FailedDelivery {
  readonly delivery: DeliveryClaim
  readonly claimed: ClaimedDelivery
  readonly outcome: Failure
  readonly failed: FailedAttempt
  readonly now: Date
}

async function writeDecision(deps: SettleDeps, tx: Tx, one: FailedDelivery) {
  const { delivery, failed, now } = one
  const decision = decideDelivery(one.outcome, one.claimed.attempt, now, deps.random())
  if (decision.kind === 'retry') {
    await retryDelivery(tx, delivery, failed, decision.at.getTime() - now.getTime())
    return { decision: 'retry', level: 'warn' as const, nextAttemptAt: decision.at }
  }
  await buryDelivery(tx, delivery, failed)
  return { decision: 'dead', level: 'error' as const }
}

interface ToldOfHook {
  readonly hook: string
  readonly kind: string
  readonly health: HookHealth
  readonly lastError: string
}

/** Tells the log and the other hooks. */
async function tellSignal(deps: SettleDeps, tx: Tx, signal: HookSignal, told: ToldOfHook): Promise<void> {
  const { hook, kind, health, lastError } = told
  const type = `hook.${signal.kind}` as const
  const said =
    signal.kind === 'failing'
      ? { stage: signal.stage, disabled_at: signal.disabledAt.toISOString() }
      : { reason: signal.reason }
  const failing = { failures: health.failures, failing_since: health.failingSince?.toISOString() ?? null }
  const payload = { hook, kind, ...said, ...failing, last_error: lastError }
  const about = { account: null, hook, migration: null, migrationId: null }
  const sequence = await takeHookSequence(tx, hook)
  await insertEvents(tx, [{ id: deps.newEventId(), type, ...about, sequence, payload }])
  deps.log[signal.kind === 'failing' ? 'warn' : 'error'](payload, type)
}

function describe(outcome: Failure): string {
  if (outcome.kind !== 'refused') return outcome.reason
  return `answered ${outcome.status}${outcome.excerpt === '' ? '' : `: ${outcome.excerpt}`}`
}

import type { AttemptOutcome } from './delivery-policy.ts'

/** How a hook's receiver has been doing, over all of its deliveries. */
export interface HookHealth {
  /** Attempts that failed since the last one that was accepted. */
  readonly failures: number
  /** The first of them; null where there are none. */
  readonly failingSince: Date | null
  readonly lastFailureAt: Date | null
  /** Answers in a row that asked us to slow down. */
  readonly throttles: number
  /** Stages of warning that were told in this run of failures. */
  readonly warnings: number
}

/** What a hook's run of failures has come to. */
export type HookSignal =
  /** It has failed everything for so long that somebody should look; `stage` counts from 1. */
  | { readonly kind: 'failing'; readonly stage: number; readonly disabledAt: Date }
  /** It is to be left alone. */
  | { readonly kind: 'disabled'; readonly reason: string }

export interface HealthDecision {
  readonly health: HookHealth
  /** For how long nothing is sent to this hook. */
  readonly pauseMs: number
  /** Null where there is nothing to tell. */
  readonly signal: HookSignal | null
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** From so many failures in a row on, a hook gets one attempt at a time, after ever longer pauses. */
export const BREAKER_FAILURES = 5
const LONGEST_BREAK_MS = MINUTE_MS
const LONGEST_THROTTLE_MS = 5 * MINUTE_MS
/** One answer about one event must not silence a hook for a day; the delivery itself obeys for longer. */
const LONGEST_ASKED_MS = HOUR_MS
const THROTTLE_STATUSES = [429, 502, 503, 504]

/** Warnings of a run of failures, by its age. */
const WARN_AFTER_MS = [DAY_MS, 3 * DAY_MS, 4 * DAY_MS]
/** A hook that failed everything for so long is disabled. */
const DISABLE_AFTER_MS = 5 * DAY_MS
/** Retries come at least daily: after a longer silence nothing was tried, and nobody knows how the hook was. */
const SILENCE_MS = 36 * HOUR_MS

/** Of a hook that accepts what it gets. */
export const HEALTHY: HookHealth = {
  failures: 0,
  failingSince: null,
  lastFailureAt: null,
  throttles: 0,
  warnings: 0,
}

/** What a failed attempt makes of its hook. `jitter`: 0 ≤ jitter < 1. */
export function decideHealth(
  before: HookHealth,
  outcome: Exclude<AttemptOutcome, { kind: 'accepted' }>,
  now: Date,
  jitter: number,
): HealthDecision {
  const run = isSameRun(before, now) ? before : HEALTHY
  const failures = run.failures + 1
  const failingSince = run.failingSince ?? now
  const throttles = isThrottle(outcome) ? run.throttles + 1 : 0
  const signal = signalOf(outcome, failingSince, run.warnings, now)
  const warnings = signal?.kind === 'failing' ? signal.stage : run.warnings
  return {
    health: { failures, failingSince, lastFailureAt: now, throttles, warnings },
    pauseMs: Math.round(Math.max(breakMs(failures), throttleMs(outcome, throttles)) * (1 + 0.2 * jitter)),
    signal,
  }
}

function isSameRun({ lastFailureAt }: HookHealth, now: Date): boolean {
  return lastFailureAt !== null && now.getTime() - lastFailureAt.getTime() <= SILENCE_MS
}

function breakMs(failures: number): number {
  if (failures < BREAKER_FAILURES) return 0
  return Math.min(LONGEST_BREAK_MS, SECOND_MS * 2 ** Math.min(20, failures - BREAKER_FAILURES))
}

function isThrottle(outcome: AttemptOutcome): boolean {
  if (outcome.kind !== 'refused' || !THROTTLE_STATUSES.includes(outcome.status)) return false
  // Without a time, 503 is a failure like any other.
  return outcome.status !== 503 || outcome.retryAfterMs !== undefined
}

function throttleMs(outcome: AttemptOutcome, throttles: number): number {
  if (throttles === 0 || outcome.kind !== 'refused') return 0
  const ownMs = Math.min(LONGEST_THROTTLE_MS, 5 * SECOND_MS * 2 ** Math.min(20, throttles - 1))
  return outcome.retryAfterMs === undefined ? ownMs : Math.min(LONGEST_ASKED_MS, outcome.retryAfterMs)
}

function signalOf(
  outcome: AttemptOutcome,
  failingSince: Date,
  warnings: number,
  now: Date,
): HookSignal | null {
  if (outcome.kind === 'refused' && outcome.status === 410) {
    return { kind: 'disabled', reason: 'the receiver answered 410 Gone' }
  }
  const ageMs = now.getTime() - failingSince.getTime()
  if (ageMs >= DISABLE_AFTER_MS) return { kind: 'disabled', reason: 'it failed everything for five days' }
  const stage = WARN_AFTER_MS.filter((afterMs) => ageMs >= afterMs).length
  if (stage <= warnings) return null
  return { kind: 'failing', stage, disabledAt: new Date(failingSince.getTime() + DISABLE_AFTER_MS) }
}

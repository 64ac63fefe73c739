import { isTerminal, type LivePhase, type Phase } from './phase.ts'
import type { Policy } from './policy.ts'

/** The shortest and longest time between two readings of one migration. */
interface Cadence {
  readonly floorMs: number
  readonly ceilingMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const CADENCE: Record<LivePhase, Cadence> = {
  pending: { floorMs: 5 * SECOND, ceilingMs: 5 * MINUTE },
  running: { floorMs: 5 * SECOND, ceilingMs: 5 * MINUTE },
  // A person acts next, perhaps never: patience costs nobody anything.
  needs_input: { floorMs: 5 * SECOND, ceilingMs: 15 * MINUTE },
  unknown: { floorMs: 5 * SECOND, ceilingMs: 15 * MINUTE },
}

const FIXED_MS = 30 * SECOND
/**
 * Where requests are chosen by worth, the times after which a migration should have been read at the latest, and asked
 * for itself: a list may show the past.
 */
const LATEST_MS = 15 * MINUTE
const LATEST_GET_MS = HOUR

/** Times after its end at which a migration is read once more: some providers revise how it ended. */
export const RECHECKS_MS = [HOUR, 24 * HOUR] as const

export interface ReadingState {
  readonly phase: Phase
  /** When the current status was first seen. */
  readonly statusSince: Date
  /** Re-checks done since it ended; ignored while it lives. */
  readonly rechecks: number
}

/**
 * When a migration should be read next (by policy `adaptive`: at the latest); null where nothing more is to come.
 * `jitter` (0 ≤ jitter < 1) spreads waits that differ by ±20 %.
 */
export function nextReadingAt(state: ReadingState, now: Date, jitter: number, policy: Policy): Date | null {
  const { phase } = state
  if (isTerminal(phase)) return nextRecheckAt(state, now)
  if (policy === 'fixed') return new Date(now.getTime() + FIXED_MS)
  const waitMs = policy === 'adaptive' ? LATEST_MS : backoffMs(phase, state.statusSince, now)
  return new Date(now.getTime() + waitMs * (0.8 + 0.4 * jitter))
}

/**
 * Exponential backoff without a counter: the wait is as long as the status has already lasted, which doubles the
 * time from reading to reading, and falls back to the floor by itself when the status changes.
 */
function backoffMs(phase: LivePhase, statusSince: Date, now: Date): number {
  const { floorMs, ceilingMs } = CADENCE[phase]
  const lastedMs = Math.max(0, now.getTime() - statusSince.getTime())
  return Math.min(ceilingMs, Math.max(floorMs, lastedMs))
}

function nextRecheckAt(state: ReadingState, now: Date): Date | null {
  const afterMs = RECHECKS_MS[state.rechecks]
  if (afterMs === undefined) return null
  return new Date(Math.max(now.getTime(), state.statusSince.getTime() + afterMs))
}

/** The moment until which readings of other kinds may put off a `get` that was last made at `lastGetAt`. */
export function longestWaitFrom(phase: Phase, lastGetAt: Date, policy: Policy): number {
  if (isTerminal(phase)) return Number.POSITIVE_INFINITY
  return lastGetAt.getTime() + (policy === 'adaptive' ? LATEST_GET_MS : CADENCE[phase].ceilingMs)
}

/** Wait after the `failures`th unusable answer in a row (1-based) for one migration or one page. */
export function retryAfterFailureMs(failures: number, jitter: number): number {
  const waitMs = Math.min(5 * MINUTE, 2 * SECOND * 2 ** Math.min(20, failures - 1))
  return waitMs * (0.8 + 0.4 * jitter)
}

/** Pause for the whole account after so many unusable answers in a row: a sick provider is left alone, but not for long. */
export function pauseAfterFailuresMs(failures: number, jitter: number): number {
  if (failures < 5) return 0
  return Math.min(15 * SECOND, SECOND * 2 ** Math.min(20, failures - 5)) * (0.8 + 0.4 * jitter)
}

/** Pause for the whole account after the `throttles`th refusal in a row that named no time. */
export function pauseAfterThrottleMs(throttles: number, jitter: number): number {
  return Math.min(MINUTE, 2 * SECOND * 2 ** Math.min(20, throttles - 1)) * (1 + 0.2 * jitter)
}

/** Waits between the tries of a suspended account's key. */
export function probeAfterMs(probes: number): number {
  return Math.min(10 * MINUTE, 30 * SECOND * 2 ** Math.min(20, probes))
}

/** A missing migration is asked for again after these times; only then it counts as vanished. */
export const CONFIRM_MISSING_MS = [10 * SECOND, 30 * SECOND, 60 * SECOND] as const

/**
 * Wait between two `get`s that show a migration past its terminal status: longer than replicas usually lag, and longer still
 * where the last ones were wrong.
 */
export function confirmAfterMs(falseDoubts: number): number {
  return Math.min(MINUTE, 10 * SECOND * 2 ** Math.min(20, falseDoubts))
}

import { isTerminal, type LivePhase, type Phase } from './phase.ts'

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
 * When a migration should be read next; null where nothing more is to come.
 *
 * Exponential backoff without a counter: the wait is as long as the status has already lasted, which doubles the
 * time from reading to reading, and falls back to the floor by itself when the status changes. `jitter` (0 ≤ jitter < 1)
 * spreads the wait by ±20 %.
 */
export function nextReadingAt(state: ReadingState, now: Date, jitter: number): Date | null {
  const { phase } = state
  if (isTerminal(phase)) return nextRecheckAt(state, now)
  const { floorMs, ceilingMs } = CADENCE[phase]
  const lastedMs = Math.max(0, now.getTime() - state.statusSince.getTime())
  const waitMs = Math.min(ceilingMs, Math.max(floorMs, lastedMs))
  return new Date(now.getTime() + waitMs * (0.8 + 0.4 * jitter))
}

function nextRecheckAt(state: ReadingState, now: Date): Date | null {
  const afterMs = RECHECKS_MS[state.rechecks]
  if (afterMs === undefined) return null
  return new Date(Math.max(now.getTime(), state.statusSince.getTime() + afterMs))
}

/** The moment until which readings of other kinds may put off a `get` that was last made at `lastGetAt`. */
export function longestWaitFrom(phase: Phase, lastGetAt: Date): number {
  return isTerminal(phase) ? Number.POSITIVE_INFINITY : lastGetAt.getTime() + CADENCE[phase].ceilingMs
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

import { longestWaitFrom, nextReadingAt, RECHECKS_MS } from './cadence.ts'
import type { EventType } from './event-type.ts'
import { isTerminal } from './phase.ts'
import type { Policy } from './policy.ts'
import type { Observation } from './reading.ts'
import { eventsOfChange, eventsOfDiscovery } from './transition-events.ts'
import {
  type Contradiction,
  contradictionOf,
  furthestOf,
  judge,
  type Known,
  type Verdict,
} from './verdict.ts'

/** What is stored of a migration, as far as recording an observation depends on it. */
export interface Stored extends Known {
  readonly finishedAt: Date | null
  readonly rechecks: number
  /** Newest `get`; null where there was none. */
  readonly lastGetAt: Date | null
}

export interface RecordingContext {
  /** Whether first sights of ended migrations are no news (the baseline is not complete, and silent). */
  readonly silent: boolean
  readonly policy: Policy
  /** 0 ≤ jitter < 1. */
  readonly jitter: number
}

/** What an observation makes of a migration. Where it is stale or doubtful, only a contradiction is to be stored. */
export interface Recording {
  readonly verdict: Verdict
  readonly events: readonly EventType[]
  readonly furthest: 0 | 1 | 2
  readonly statusSince: Date
  readonly finishedAt: Date | null
  readonly rechecks: number
  readonly nextPollAt: Date | null
  /** What another `get` has to confirm; then the verdict is `doubtful`. */
  readonly contradiction: Contradiction | null
}

/** Decides what one observation means, given what is stored (null at first sight). */
export function decideRecording(
  stored: Stored | null,
  seen: Observation,
  context: RecordingContext,
): Recording {
  const verdict = judge(stored, seen)
  const next = stored === null ? discovery(seen, context) : continuation(stored, seen, verdict)
  return {
    verdict,
    events: eventsOf(stored, seen, verdict, context.silent),
    ...next,
    nextPollAt: nextPollAt(stored, seen, next, context),
    contradiction: verdict === 'doubtful' ? contradictionOf(stored, seen) : null,
  }
}

/**
 * Any reading puts the next `get` off, as it tells the same. But a list may show the past, so that it can do so for a
 * while only.
 */
function nextPollAt(
  stored: Stored | null,
  seen: Observation,
  next: Continued,
  { policy, jitter }: RecordingContext,
): Date | null {
  const planned = nextReadingAt({ phase: seen.phase, ...next }, seen.receivedAt, jitter, policy)
  if (stored === null || seen.via === 'get' || planned === null) return planned
  const limitMs = longestWaitFrom(seen.phase, stored.lastGetAt ?? next.statusSince, policy)
  return new Date(Math.max(seen.receivedAt.getTime(), Math.min(planned.getTime(), limitMs)))
}

type Continued = Pick<Recording, 'furthest' | 'statusSince' | 'finishedAt' | 'rechecks'>

function discovery(seen: Observation, context: RecordingContext): Continued {
  const ended = isTerminal(seen.phase)
  return {
    furthest: furthestOf(null, seen),
    statusSince: seen.receivedAt,
    finishedAt: ended ? seen.receivedAt : null,
    // History that was over before we came is not worth requests of its own; sweeps still read it.
    rechecks: ended && context.silent ? RECHECKS_MS.length : 0,
  }
}

function continuation(stored: Stored, seen: Observation, verdict: Verdict): Continued {
  const { statusSince, rechecks } = stored
  const furthest = furthestOf(stored, seen)
  const ended = isTerminal(seen.phase)
  if (verdict === 'changed') {
    return { furthest, statusSince: seen.receivedAt, finishedAt: ended ? seen.receivedAt : null, rechecks: 0 }
  }
  if (verdict === 'unchanged') {
    // The same status may have got another phase, by a change of the configuration.
    const finishedAt = ended ? (stored.finishedAt ?? statusSince) : null
    return { furthest, statusSince, finishedAt, rechecks: rechecks + (isRecheck(stored, seen) ? 1 : 0) }
  }
  return { furthest: stored.furthest, statusSince, finishedAt: stored.finishedAt, rechecks }
}

function isRecheck(stored: Stored, seen: Observation): boolean {
  const afterMs = RECHECKS_MS[stored.rechecks]
  if (afterMs === undefined || seen.via !== 'get' || !isTerminal(stored.phase)) return false
  return seen.receivedAt.getTime() >= stored.statusSince.getTime() + afterMs
}

function eventsOf(stored: Stored | null, seen: Observation, verdict: Verdict, silent: boolean): EventType[] {
  if (stored === null) return eventsOfDiscovery(seen.phase, silent)
  return verdict === 'changed' ? eventsOfChange(stored.phase, seen.phase) : []
}

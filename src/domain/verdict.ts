import { confirmAfterMs } from './cadence.ts'
import { isTerminal, type Phase, progressOf } from './phase.ts'
import type { Observation } from './reading.ts'

/** What is stored of a migration when a new observation arrives. */
export interface Known {
  readonly status: string
  readonly phase: Phase
  readonly furthest: 0 | 1 | 2
  /** When the present status was first accepted. */
  readonly statusSince: Date
  /** When the request of the newest accepted reading was about to be sent. */
  readonly requestedAt: Date
  /** When its answer was complete. */
  readonly lastObservedAt: Date
  readonly vanishedAt: Date | null
  /** When a `get` first contradicted what is known, and none has settled it yet (see `Contradiction`); null where none did. */
  readonly contradictedAt: Date | null
  /** Contradictions in a row that a `get` did not confirm. */
  readonly falseDoubts: number
}

/**
 * - `discovered`: the first sight of this migration
 * - `changed`: a transition
 * - `unchanged`: the same status again
 * - `stale`: older than what is known; changes nothing
 * - `doubtful`: contradicts what is known without being sure to be newer; a reason to `get`, not a fact
 */
export type Verdict = 'discovered' | 'changed' | 'unchanged' | 'stale' | 'doubtful'

/** No answer takes longer: what is known to be later was written before the clock was set back. */
const CLOCK_SLACK_MS = 60_000

/**
 * Providers may serve lists from a cache, and an old row looks just like a step back. So a list may only move a
 * migration further than it ever was; whatever else it shows must be confirmed by a `get`. So must a `get` that was
 * under way together with the reading that is known: whichever was asked for last need not have been answered last.
 * And what a `get` could not find is not there because a list still shows it.
 *
 * A `get` may be answered by a replica that lags behind. What leaves a terminal status must therefore be seen by a second
 * `get`, some time after the first; until then no list counts for either side.
 */
export function judge(known: Known | null, seen: Observation): Verdict {
  if (known === null) return 'discovered'
  if (isOlder(known, seen)) return 'stale'
  const isUnsettled = known.vanishedAt !== null || known.contradictedAt !== null
  if (seen.via === 'list' && isUnsettled) return 'doubtful'
  if (seen.status === known.status) return 'unchanged'
  if (isSurelyNewer(known, seen)) return contradictionOf(known, seen) === null ? 'changed' : 'doubtful'
  return progressOf(seen.phase) > known.furthest ? 'changed' : 'doubtful'
}

/** A `get` showed what a replica that lags behind would show; another one has to confirm it. */
export interface Contradiction {
  /** When the first `get` that showed it was answered. */
  readonly since: Date
  readonly confirmAt: Date
}

/**
 * What an observation contradicts: a terminal status that it shows to be left, or that a migration was left in such a status a
 * moment ago. Null where it contradicts neither, or confirms what an earlier `get` showed. A migration that has begun a new
 * run (`furthest` is back at 0) has left its terminal status by our own doing.
 */
export function contradictionOf(known: Known | null, seen: Observation): Contradiction | null {
  if (known === null || seen.status === known.status) return null
  if (known.furthest < 2 || !isSurelyNewer(known, seen)) return null
  const waitMs = confirmAfterMs(known.falseDoubts)
  if (isTerminal(known.phase)) {
    const earlier = contradictedBefore(known, seen)
    const since = earlier ?? seen.receivedAt
    const confirmAt = new Date(since.getTime() + waitMs)
    return earlier !== null && seen.requestedAt >= confirmAt ? null : { since, confirmAt }
  }
  // It was reopened: for a while, a replica may still show how it ended before.
  const confirmAt = new Date(known.statusSince.getTime() + waitMs)
  const mayBeOld =
    isTerminal(seen.phase) && known.statusSince <= seen.receivedAt && seen.requestedAt < confirmAt
  return mayBeOld ? { since: seen.receivedAt, confirmAt } : null
}

/** Whatever was asked for before the contradiction was answered cannot settle it. */
function isOlder(known: Known, seen: Observation): boolean {
  if (clockWasSetBack(known, seen)) return false
  const contradictedAt = contradictedBefore(known, seen)
  return (
    seen.requestedAt <= known.requestedAt || (contradictedAt !== null && seen.requestedAt < contradictedAt)
  )
}

/** A time that lies after the answer was written before the clock was set back. */
function contradictedBefore({ contradictedAt }: Known, seen: Observation): Date | null {
  return contradictedAt !== null && contradictedAt <= seen.receivedAt ? contradictedAt : null
}

function isSurelyNewer(known: Known, seen: Observation): boolean {
  return seen.via === 'get' && (seen.requestedAt >= known.lastObservedAt || clockWasSetBack(known, seen))
}

function clockWasSetBack(known: Known, seen: Observation): boolean {
  return known.requestedAt.getTime() > seen.receivedAt.getTime() + CLOCK_SLACK_MS
}

export function furthestOf(known: Known | null, seen: Observation): 0 | 1 | 2 {
  const progress = progressOf(seen.phase)
  return known !== null && known.furthest > progress ? known.furthest : progress
}

/** A terminal status was left for one that is not. */
export function isReopening(from: Phase, to: Phase): boolean {
  return isTerminal(from) && !isTerminal(to)
}

import { isTerminal, type Phase, progressOf } from './phase.ts'
import type { Observation } from './reading.ts'

/** What is stored of a migration when a new observation arrives. */
export interface Known {
  readonly status: string
  readonly phase: Phase
  readonly furthest: 0 | 1 | 2
  /** When the request of the newest accepted reading was about to be sent. */
  readonly requestedAt: Date
  /** When its answer was complete. */
  readonly lastObservedAt: Date
  readonly vanishedAt: Date | null
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
 */
export function judge(known: Known | null, seen: Observation): Verdict {
  if (known === null) return 'discovered'
  const clockWasSetBack = known.requestedAt.getTime() > seen.receivedAt.getTime() + CLOCK_SLACK_MS
  if (seen.requestedAt <= known.requestedAt && !clockWasSetBack) return 'stale'
  if (seen.via === 'list' && known.vanishedAt !== null) return 'doubtful'
  if (seen.status === known.status) return 'unchanged'
  const isSurelyNewer = seen.via === 'get' && (seen.requestedAt >= known.lastObservedAt || clockWasSetBack)
  const advances = progressOf(seen.phase) > known.furthest
  return isSurelyNewer || advances ? 'changed' : 'doubtful'
}

export function furthestOf(known: Known | null, seen: Observation): 0 | 1 | 2 {
  const progress = progressOf(seen.phase)
  return known !== null && known.furthest > progress ? known.furthest : progress
}

/** A terminal status was left for one that is not. */
export function isReopening(from: Phase, to: Phase): boolean {
  return isTerminal(from) && !isTerminal(to)
}

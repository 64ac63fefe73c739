import type { LivePhase } from '../../domain/phase.ts'
import { isTerminal } from '../../domain/phase.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { msBetween } from '../times.ts'
import type { Received } from './receiver.ts'

/** What a change is to somebody who watches. */
export type Kind = 'found' | 'found_ended' | 'changed' | 'landed'

function kindOf(change: ChangeRow): Kind {
  const hasEnded = isTerminal(change.to_phase)
  if (change.from_status !== null) return hasEnded ? 'landed' : 'changed'
  if (!hasEnded) return 'found'
  // After the first sweep, one that has already ended has done so just now.
  return change.in_baseline ? 'found_ended' : 'landed'
}

/** What has happened since the start. */
export interface Tally {
  readonly found: number
  readonly changed: number
  readonly landed: number
  readonly verified: number
  readonly unverified: number
  /** The longest time within which a landing was noticed; null before the first. */
  readonly slowestMs: number | null
}

export function createTally() {
  const counts = { found: 0, changed: 0, landed: 0, verified: 0, unverified: 0 }
  let slowestMs: number | null = null

  function addChange(change: ChangeRow): Kind {
    const kind = kindOf(change)
    if (change.from_status === null) counts.found += 1
    else counts.changed += 1
    if (kind === 'landed') {
      counts.landed += 1
      const boundMs = msBetween(change.not_before, change.not_after)
      if (boundMs !== null) slowestMs = Math.max(slowestMs ?? 0, boundMs)
    }
    return kind
  }

  function addWebhook(received: Received): void {
    if (received.isVerified) counts.verified += 1
    else counts.unverified += 1
  }

  return { addChange, addWebhook, read: (): Tally => ({ ...counts, slowestMs }) }
}

/** Where the work stands, beside what has happened. */
export interface Standing {
  readonly live: ReadonlyMap<LivePhase, number>
  readonly requests: number
  /** What the budget would have allowed since the start. */
  readonly allowed: number
}

import type { CreationClaim } from '../store/creations.ts'
import type { PollClaim } from '../store/polls.ts'
import type { PageClaim } from '../store/walks.ts'

/** Requests that a tick gives out. */
export interface PlannedRequests {
  /** Next pages of walks. */
  readonly walks: readonly PageClaim[]
  /** Pages that the planner wants to see. */
  readonly pages: readonly number[]
  readonly polls: readonly PollClaim[]
  /** Migrations to make. */
  readonly creations: readonly CreationClaim[]
}

export const NOTHING: PlannedRequests = { walks: [], pages: [], polls: [], creations: [] }

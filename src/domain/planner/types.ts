import type { LivePhase, Phase } from '../phase.ts'

/** One migration as an answer showed it. */
export interface Row {
  readonly id: string
  readonly phase: Phase
  readonly createdAtMs: number | null
}

/** What one request brought, as of the moment it was sent. */
export type Answer =
  | { readonly kind: 'get'; readonly atMs: number; readonly id: string; readonly row: Row | null }
  | {
      readonly kind: 'list'
      readonly atMs: number
      /** The page this really was, counted from 0. */
      readonly page: number
      readonly rows: readonly Row[]
      readonly hasMore: boolean | null
    }

/** A request that brought nothing to learn from. */
export interface NoAnswer {
  readonly kind: 'none'
  readonly request: RequestTarget
  /** How long to leave it alone. */
  readonly waitMs: number
  /** How long to leave alone what a page was to show, where that differs: it can be read one by one. */
  readonly rowsWaitMs?: number | undefined
}

/**
 * Why a request is made: it is worth most now; the migration was unread for too long; new rows are looked for; a sweep
 * needs it; the list's size and order are being found out.
 */
export type Reason = 'value' | 'floor' | 'look' | 'sweep' | 'survey'

/** One request to make next. */
export type PlannedRequest =
  | { readonly kind: 'get'; readonly id: string; readonly reason: Reason }
  | { readonly kind: 'list'; readonly page: number; readonly reason: Reason }

/** A migration that had not ended when the planner was built. */
export interface LiveMigration {
  readonly id: string
  readonly phase: LivePhase
  readonly createdAtMs: number | null
  readonly statusSinceMs: number
  readonly lastObservedAtMs: number
}

/** What a request and its answer have in common. */
export function requestKey(of: RequestTarget): string {
  return of.kind === 'get' ? `get ${of.id}` : `list ${of.page}`
}

export type RequestTarget =
  | { readonly kind: 'get'; readonly id: string }
  | { readonly kind: 'list'; readonly page: number }

export interface PlannerConfig {
  readonly requestsPerSecond: number
  /** Time from the start of one sweep to the next, where the budget carries it. */
  readonly sweepEveryMs: number
  /** Rows asked for on a page; the provider may give fewer. */
  readonly pageSize: number
  /** Mean detection delay that is good enough; 0 spends the whole budget. */
  readonly lagGoalMs: number
  /** False where the provider has no list: then migrations are read one by one. */
  readonly hasList?: boolean
}

/** The walk over all pages that somebody else keeps; the planner says when its next page is read. */
export interface Sweep {
  /** The page it needs next; null while it waits for an answer, or none is under way. */
  readonly page: number | null
  /** Whether no sweep has come to its end yet. */
  readonly baseline: boolean
}

export interface Planner {
  /** Takes in what an answer showed. */
  observe(answer: Answer): void
  /** The next requests, at most `tokens`; fewer, or none, where more would buy nothing. */
  choose(nowMs: number, tokens: number, sweep: Sweep): readonly PlannedRequest[]
}

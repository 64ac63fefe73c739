/** What a tick knows when it shares out the tokens at hand. */
export interface Demand {
  /** Whole tokens in the account's bucket. */
  readonly tokens: number
  readonly lookDue: boolean
  readonly sweepDue: boolean
  /** Time since the sweep last got a request; null where it never did. */
  readonly msSinceSweepRequest: number | null
  readonly requestsPerSecond: number
}

export interface Shares {
  readonly look: boolean
  /** `always`: a token is set aside for it; `spare`: it gets one that the polls leave; `never`: it wants none. */
  readonly sweep: 'always' | 'spare' | 'never'
  /** Polls at most. */
  readonly polls: number
}

/**
 * Shares a tick's tokens. Looking for new migrations comes first, since it is rare and cheap; a sweep under way may
 * have every second request, so that neither polls nor sweeps starve the other.
 */
export function decideShares(demand: Demand): Shares {
  if (demand.tokens <= 0) return { look: false, sweep: 'never', polls: 0 }
  const look = demand.lookDue
  let left = demand.tokens - (look ? 1 : 0)
  if (!demand.sweepDue) return { look, sweep: 'never', polls: left }
  const turnMs = 2000 / demand.requestsPerSecond
  const waited =
    demand.msSinceSweepRequest === null ||
    demand.msSinceSweepRequest >= turnMs ||
    demand.msSinceSweepRequest < 0
  const reserved = waited && left > 0
  if (reserved) left -= 1
  return { look, sweep: reserved ? 'always' : 'spare', polls: left }
}

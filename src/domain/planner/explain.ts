import { WAIT_POINTS } from './grid.ts'
import { interpolate, type Urgency } from './urgency.ts'

/** Why the next reading of a migration is when it is. */
export interface Explanation {
  /** The request that will most likely show it. */
  readonly by:
    | { readonly kind: 'get' }
    | { readonly kind: 'list'; readonly page: number; readonly with: number }
  readonly expectedAtMs: number
  readonly lastReadAtMs: number
  /** Chance in 0…1 that it has ended since the last reading. */
  readonly endedChance: number
  /** Worth of the request now, in seconds of delay saved, and the worth at which requests are made at present. */
  readonly worthS: number
  readonly madeAtS: number
}

/** A migration as its worth is reckoned. */
export interface Waiting {
  readonly klass: number
  readonly readAt: number
}

const LONGEST_S = 86_400

/** Seconds until a request that shows all of these is worth as much as requests are made for. */
export function secondsUntilWorth(
  urgency: Urgency,
  shown: readonly Waiting[],
  level: number,
  now: number,
): number {
  const worthAt = (at: number) =>
    shown.reduce(
      (sum, { klass, readAt }) => sum + interpolate(urgency.worth, at - readAt, klass * WAIT_POINTS),
      0,
    )
  if (worthAt(now) >= level) return 0
  let low = 0
  let high = LONGEST_S
  for (let step = 0; step < 30; step += 1) {
    const middle = (low + high) / 2
    if (worthAt(now + middle) >= level) high = middle
    else low = middle
  }
  return high
}

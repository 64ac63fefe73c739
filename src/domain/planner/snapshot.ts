import { AGE_BINS, ageBin, ageOf } from './grid.ts'

/**
 * What first sights tell of lives that nobody watched: of the migrations created so long ago, how many still live?
 * The first sweep over a list shows that for all ages at once, so that the hazards are roughly known before a single
 * migration was seen to end.
 */
export interface Snapshot {
  add(age: number, alive: boolean): void
  /** Draws a prior to what was seen, as far as enough was seen. */
  correct(prior: Float64Array): Float64Array
  counts(): SightCounts
}

/** First sights per age. */
export interface SightCounts {
  readonly alive: readonly number[]
  readonly total: readonly number[]
}

/** First sights that weigh as much as the prior. */
const WEIGHT = 15
/** Bins to either side over which a slope is taken. */
const REACH = 2

export function createSnapshot(known: SightCounts | null): Snapshot {
  const total = Float64Array.from({ length: AGE_BINS }, (_, bin) => known?.total[bin] ?? 0)
  const alive = total.map((all, bin) => Math.min(all, known?.alive[bin] ?? 0))

  return {
    counts: () => ({ alive: Array.from(alive), total: Array.from(total) }),
    add(age, lives) {
      const bin = ageBin(age)
      total[bin] = (total[bin] ?? 0) + 1
      if (lives) alive[bin] = (alive[bin] ?? 0) + 1
    },
    correct(prior) {
      const oldest = alive.findLastIndex((count) => count > 0)
      if (oldest < 0) return prior
      const surviving = decreasing(alive, total, oldest)
      return prior.map((guess, bin) => {
        const from = Math.max(0, bin - REACH)
        const to = Math.min(oldest, bin + REACH)
        const seen = total.subarray(from, to + 1).reduce((sum, count) => sum + count, 0)
        if (to - from < REACH) return guess
        const fall = Math.log((surviving[from] ?? 1) / (surviving[to] ?? 1))
        const hazard = Math.max(0.2 * guess, fall / (ageOf(to) - ageOf(from)))
        return guess * (hazard / guess) ** (seen / (seen + WEIGHT))
      })
    },
  }
}

/** Shares that live, made to fall with age by pooling neighbours that do not (isotonic regression). */
function decreasing(alive: Float64Array, total: Float64Array, last: number): Float64Array {
  const pools: { alive: number; total: number; bins: number }[] = []
  for (let bin = 0; bin <= last; bin += 1) {
    pools.push({
      alive: (alive[bin] ?? 0) + 0.25,
      total: (total[bin] ?? 0) + 0.5 - 0.25 * Number(bin === 0),
      bins: 1,
    })
    for (let end = pools.length - 1; end > 0; end -= 1) {
      const [left, right] = [pools[end - 1], pools[end]]
      if (!left || !right || left.alive / left.total >= right.alive / right.total) break
      const pooled = {
        alive: left.alive + right.alive,
        total: left.total + right.total,
        bins: left.bins + right.bins,
      }
      pools.splice(end - 1, 2, pooled)
    }
  }
  return Float64Array.from(
    pools.flatMap((pool) => new Array<number>(pool.bins).fill(pool.alive / pool.total)),
  )
}

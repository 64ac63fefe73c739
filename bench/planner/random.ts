export type Random = () => number

/** A small seeded generator: the same seed, the same workload. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const normal = (next: Random) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
export const lognormal = (next: Random, median: number, sigma: number) =>
  median * Math.exp(sigma * normal(next))
export const exponential = (next: Random, mean: number) => -mean * Math.log(1 - next())
/** Heavy tail: half are longer than the median, and the longest are very long. */
export const pareto = (next: Random, median: number, power: number) =>
  median * 2 ** (-1 / power) * (1 - next()) ** (-1 / power)

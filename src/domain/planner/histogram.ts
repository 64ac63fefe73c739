/** Times sorted into bins that widen with them, four an octave. */
export interface Histogram {
  add(time: number, mass: number): void
  scale(factor: number): void
  total(): number
  quantile(share: number): number
  masses(): number[]
}

const BINS = 80
const UNIT_S = 0.25

const binOf = (time: number) => Math.min(BINS - 1, Math.floor(4 * Math.log2(time / UNIT_S + 1)))
const edgeOf = (bin: number) => UNIT_S * (2 ** (bin / 4) - 1)

export function createHistogram(known: readonly number[]): Histogram {
  const masses = Float64Array.from({ length: BINS }, (_, bin) => known[bin] ?? 0)
  const total = () => masses.reduce((sum, mass) => sum + mass, 0)
  return {
    add(time, mass) {
      const bin = binOf(time)
      masses[bin] = (masses[bin] ?? 0) + mass
    },
    scale(factor) {
      for (let bin = 0; bin < BINS; bin += 1) masses[bin] = (masses[bin] ?? 0) * factor
    },
    total,
    quantile(share) {
      let left = share * total()
      for (let bin = 0; bin < BINS; bin += 1) {
        const mass = masses[bin] ?? 0
        if (mass > 0 && mass >= left) return edgeOf(bin) + (left / mass) * (edgeOf(bin + 1) - edgeOf(bin))
        left -= mass
      }
      return 0
    },
    masses: () => Array.from(masses, (mass) => Number(mass.toPrecision(6))),
  }
}

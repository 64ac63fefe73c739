/** Ages in a phase, in seconds, sorted into bins that widen by half an octave: hazards change with the age's magnitude. */
export const AGE_BINS = 38
const AGE_UNIT = 8

/** Times since a reading, in seconds, at which urgency is tabulated: three points an octave. */
export const WAIT_POINTS = 52
const WAIT_UNIT = 4

export function ageBin(age: number): number {
  if (!(age > 0)) return 0
  return Math.min(AGE_BINS - 1, Math.floor(2 * Math.log2(age / AGE_UNIT + 1)))
}

/** Where a bin begins. */
export const ageEdge = (bin: number) => AGE_UNIT * (2 ** (bin / 2) - 1)

/** Middle of a bin. */
export const ageOf = (bin: number) => (ageEdge(bin) + ageEdge(bin + 1)) / 2

const exactPlace = (wait: number) => Math.min(WAIT_POINTS - 1.001, 3 * Math.log2(wait / WAIT_UNIT + 1))

/** A logarithm for each of 50,000 migrations at each tick would be most of the tick. */
const STEPS_A_SECOND = 8
const PLACES = Float64Array.from({ length: 4096 * STEPS_A_SECOND }, (_, step) =>
  exactPlace(step / STEPS_A_SECOND),
)

/** Place of a wait on the grid, with its fraction, below the last point. */
export function waitPlace(wait: number): number {
  if (!(wait > 0)) return 0
  const step = wait * STEPS_A_SECOND
  const below = step | 0
  if (step >= PLACES.length - 1) return exactPlace(wait)
  const low = PLACES[below] as number
  return low + (step - below) * ((PLACES[below + 1] as number) - low)
}

export const waitAt = (point: number) => WAIT_UNIT * (2 ** (point / 3) - 1)

import { AGE_BINS, ageBin, ageEdge, ageOf } from './grid.ts'
import { createSnapshot, type SightCounts } from './snapshot.ts'

/** Phases that are told apart, as small numbers; `ENDED` is where all terminal phases lead. */
export const PENDING = 0
export const RUNNING = 1
export const NEEDS_INPUT = 2
export const UNKNOWN = 3
export const ENDED = 4
export const LIVE_STATES = 4
const STATES = 5

/** Where phases usually lead before anything is known: rate 1/s at an age, as `share / (age + scale)`. */
interface Prior {
  readonly scale: number
  /** Per state. */
  readonly shares: readonly number[]
}

const PRIORS: readonly Prior[] = [
  { scale: 60, shares: [0, 0.8, 0.1, 0.05, 0.1] },
  { scale: 120, shares: [0.02, 0, 0.15, 0.02, 0.6] },
  { scale: 900, shares: [0.02, 0.4, 0, 0.02, 0.15] },
  { scale: 300, shares: [0.05, 0.1, 0.05, 0, 0.3] },
]

/** Events that the prior counts for: per bin, and for the overall speed of a kind of change. */
const BIN_WEIGHT = 3
const BROAD_WEIGHT = 1.5
const SPEED_WEIGHT = 2
/** No migration is certain to stay, none certain to go. */
const LOWEST = 1e-7
const HIGHEST = 0.5
const HALF_LIFE_S = 7 * 86_400
/** Older evidence fades once a bin holds more time than this many changes need. */
const MOST_CHANGES = 4_000

/** Decayed counts per phase and age; small enough to keep as JSON. */
export interface SurvivalCounts {
  readonly seconds: readonly (readonly number[])[]
  readonly changes: readonly (readonly (readonly number[])[])[]
  /** Missing in what older versions kept. */
  readonly sights?: SightCounts
}

/** How long migrations stay in their phases, and where they go next. */
export interface Survival {
  /** A migration was in the phase from one age to another. */
  addTime(state: number, fromAge: number, toAge: number): void
  addChange(state: number, to: number, age: number): void
  /** A migration seen for the first time, so long after its creation. */
  addSight(age: number, alive: boolean): void
  decay(seconds: number): void
  /** Changes per second from one state to another, per age bin. */
  hazards(state: number, to: number): Float64Array
  counts(): SurvivalCounts
}

const zeros = (length: number) => new Float64Array(length)

export function createSurvival(known: SurvivalCounts | null): Survival {
  const seconds = Array.from({ length: LIVE_STATES }, (_, state) => load(known?.seconds[state]))
  const changes = Array.from({ length: LIVE_STATES }, (_, state) =>
    Array.from({ length: STATES }, (__, to) => load(known?.changes[state]?.[to])),
  )
  const snapshot = createSnapshot(known?.sights ?? null)
  const timeOf = (state: number) => seconds[state] as Float64Array
  const changesOf = (state: number, to: number) => changes[state]?.[to] as Float64Array

  function guess(state: number, to: number): Float64Array {
    const prior = priorOf(state, to)
    return state === RUNNING && to === ENDED ? snapshot.correct(prior) : prior
  }

  function fade(factor: number): void {
    for (const row of seconds) scale(row, factor)
    for (const rows of changes) for (const row of rows) scale(row, factor)
  }

  return {
    addTime(state, fromAge, toAge) {
      const row = timeOf(state)
      const last = ageBin(toAge)
      for (let bin = ageBin(fromAge); bin <= last; bin += 1) {
        const from = Math.max(fromAge, ageEdge(bin))
        const to = bin === AGE_BINS - 1 ? toAge : Math.min(toAge, ageEdge(bin + 1))
        if (to > from) row[bin] = (row[bin] ?? 0) + to - from
      }
    },
    addChange(state, to, age) {
      const row = changesOf(state, to)
      const bin = ageBin(age)
      row[bin] = (row[bin] ?? 0) + 1
      if ((row[bin] ?? 0) > MOST_CHANGES) fade(0.5)
    },
    decay: (passed) => fade(0.5 ** (Math.max(0, passed) / HALF_LIFE_S)),
    addSight: snapshot.add,
    hazards: (state, to) => estimate(guess(state, to), changesOf(state, to), timeOf(state)),
    counts: () => ({
      seconds: seconds.map(rounded),
      changes: changes.map((rows) => rows.map(rounded)),
      sights: snapshot.counts(),
    }),
  }
}

/** Hardly anything ends in its first seconds. */
const rise = (age: number) => age / (age + 30)

function priorOf(state: number, to: number): Float64Array {
  const prior = PRIORS[state] as Prior
  const share = prior.shares[to] ?? 0
  return Float64Array.from(
    { length: AGE_BINS },
    (_, bin) => (share * rise(ageOf(bin))) / (ageOf(bin) + prior.scale),
  )
}

/** The prior's shape, at the speed of this account, drawn to what was counted as far as enough was counted. */
function estimate(prior: Float64Array, changed: Float64Array, time: Float64Array): Float64Array {
  let all = 0
  let expected = 0
  for (let bin = 0; bin < AGE_BINS; bin += 1) {
    all += changed[bin] ?? 0
    expected += (time[bin] ?? 0) * (prior[bin] ?? 0)
  }
  const speed = (all + SPEED_WEIGHT) / (expected + SPEED_WEIGHT)
  if (all === 0 && prior.every((share) => share === 0)) return prior
  const guess = prior.map((share) => Math.max(LOWEST, share * speed))
  const broad = draw(guess, blur(changed, 3), blur(time, 3), BROAD_WEIGHT)
  return draw(broad, blur(changed, 1), blur(time, 1), BIN_WEIGHT)
}

function draw(guess: Float64Array, changed: Float64Array, time: Float64Array, weight: number): Float64Array {
  return guess.map((share, bin) => {
    const hazard = ((changed[bin] ?? 0) + weight) / ((time[bin] ?? 0) + weight / share)
    return Math.min(HIGHEST, Math.max(LOWEST, hazard))
  })
}

/** Neighbouring ages are alike: sums over bins, less of those further away. */
function blur(row: Float64Array, reach: number): Float64Array {
  return row.map((_, bin) => {
    let sum = 0
    for (let by = -reach; by <= reach; by += 1) sum += (row[bin + by] ?? 0) * (1 - Math.abs(by) / (reach + 1))
    return sum
  })
}

function load(row: readonly number[] | undefined): Float64Array {
  const loaded = zeros(AGE_BINS)
  row?.slice(0, AGE_BINS).forEach((value, bin) => {
    loaded[bin] = Number.isFinite(value) && value > 0 ? value : 0
  })
  return loaded
}

function scale(row: Float64Array, factor: number): void {
  for (let bin = 0; bin < row.length; bin += 1) row[bin] = (row[bin] ?? 0) * factor
}

const rounded = (row: Float64Array) => Array.from(row, (value) => Math.round(value * 100) / 100)

import { AGE_BINS, ageBin, ageEdge, ageOf, WAIT_POINTS, waitAt, waitPlace } from './grid.ts'
import { ENDED, LIVE_STATES, PENDING, RUNNING, type Survival } from './survival.ts'

/**
 * What a reading is worth, tabulated per class (phase and age at the last reading) over the time since that reading.
 *
 * Let F be the chance that the migration has ended since. Reading every τ seconds at a price C costs least where
 * ∫ s dF(s) from 0 to τ, over 1 − F(τ), equals C: so that is the worth, in seconds. It is λτ²/2 while little has
 * happened, and grows without bound, so nothing starves.
 */
export interface Urgency {
  /** Worth of a reading after the wait. */
  readonly worth: Float32Array
  /** Chance that it has ended within the wait. */
  readonly ended: Float32Array
  /** Ends per second soon after the reading, per class. */
  readonly rate: Float64Array
  /** Mean worth of the unseen rows that appeared between two ages ago. */
  newbornWorth(fromAge: number, toAge: number): number
  newbornEnded(toAge: number): number
}

export const CLASSES = LIVE_STATES * AGE_BINS
/** Where a class's row begins is `klass * WAIT_POINTS`. */
export const classOf = (state: number, age: number) => state * AGE_BINS + ageBin(age)

/** A migration known to be ended almost surely is not worth infinitely much. */
const LEAST_ALIVE = 0.02
/** Rows soon after the wait of this many seconds tell a class's rate. */
const SOON_S = 60

/** Places on the grid of the times between the middle of one step and the end of a later one. */
const SINCE = Float64Array.from({ length: WAIT_POINTS * WAIT_POINTS }, (_, index) => {
  const at = index % WAIT_POINTS
  return waitPlace(waitAt(Math.floor(index / WAIT_POINTS)) - (waitAt(at - 1) + waitAt(at)) / 2)
})

const WAITS = Float64Array.from({ length: WAIT_POINTS }, (_, point) => waitAt(point))
const EDGES = Float64Array.from({ length: AGE_BINS + 1 }, (_, bin) => ageEdge(bin))

type Hazards = readonly (readonly Float64Array[])[]

/** Tables that follow what is learned, a few classes at a time, so that no tick pays for all of them. */
export function createUrgency(survival: Survival): Urgency & {
  /** Brings some classes up to date; a round begins with fresh counts. `resumedAt`: age on return to running. */
  refresh(classes: number, resumedAt: number): void
} {
  const worth = new Float32Array(CLASSES * WAIT_POINTS)
  const ended = new Float32Array(CLASSES * WAIT_POINTS)
  const rate = new Float64Array(CLASSES)
  let round: Round | null = null
  let done = 0
  let born = newborns(worth, ended)

  return {
    worth,
    ended,
    rate,
    newbornWorth: (from, to) => born.worth(from, to),
    newbornEnded: (to) => born.ended(to),
    refresh(classes, resumedAt) {
      round ??= beginRound(survival, resumedAt)
      const until = Math.min(CLASSES, done + classes)
      for (; done < until; done += 1) {
        const row = chancesOf(round, done)
        ended.set(row.ended, done * WAIT_POINTS)
        worth.set(row.worth, done * WAIT_POINTS)
        rate[done] = interpolate(row.ended, SOON_S) / SOON_S
      }
      if (done < CLASSES) return
      round = null
      done = 0
      born = newborns(worth, ended)
    },
  }
}

interface Round {
  readonly hazards: Hazards
  /** Chances to end after entering a phase: anew, and (running) after an interruption. */
  readonly entered: readonly Float64Array[]
  readonly resumed: readonly Float64Array[]
}

function beginRound(survival: Survival, resumedAt: number): Round {
  const hazards = Array.from({ length: LIVE_STATES }, (_, state) =>
    Array.from({ length: LIVE_STATES + 1 }, (__, to) => survival.hazards(state, to)),
  )
  // After a change the new phase is entered fresh; its own further changes are seen one step deep.
  const none = Array.from({ length: LIVE_STATES }, () => new Float64Array(WAIT_POINTS))
  const start = (state: number) => (state === RUNNING ? resumedAt : 0)
  const resumed = none.map((_, state) => chances(hazards, state, start(state), none).ended)
  const entered = none.map((_, state) => chances(hazards, state, 0, resumed).ended)
  return { hazards, entered, resumed }
}

function chancesOf({ hazards, entered, resumed }: Round, klass: number) {
  const state = Math.floor(klass / AGE_BINS)
  return chances(hazards, state, ageOf(klass % AGE_BINS), state === PENDING ? entered : resumed)
}

function chances(hazards: Hazards, state: number, age: number, next: readonly Float64Array[]) {
  const out = hazards[state] as readonly Float64Array[]
  const ended = new Float64Array(WAIT_POINTS)
  const worth = new Float64Array(WAIT_POINTS)
  const moved = Array.from({ length: LIVE_STATES }, () => new Float64Array(WAIT_POINTS))
  const sums = new Float64Array(LIVE_STATES + 1)
  let alive = 1
  let direct = 0
  let moment = 0
  let before = 0
  for (let point = 1; point < WAIT_POINTS; point += 1) {
    const from = WAITS[point - 1] ?? 0
    const to = WAITS[point] ?? 0
    const total = leave(out, age + from, age + to, sums)
    const gone = total > 0 ? (alive * (1 - Math.exp(-total))) / total : 0
    direct += gone * (sums[ENDED] ?? 0)
    for (let other = 0; other < LIVE_STATES; other += 1) {
      ;(moved[other] as Float64Array)[point] = gone * (sums[other] ?? 0)
    }
    alive -= gone * total
    const now = Math.min(1, direct + indirect(moved, next, point))
    moment += (Math.max(0, now - before) * (from + to)) / 2
    before = Math.max(before, now)
    ended[point] = before
    worth[point] = moment / Math.max(LEAST_ALIVE, 1 - before)
  }
  return { ended, worth }
}

/** Chance of having ended by a point of the grid after having moved to another phase first. */
function indirect(moved: readonly Float64Array[], next: readonly Float64Array[], point: number): number {
  let sum = 0
  moved.forEach((masses, other) => {
    const chance = next[other] as Float64Array
    for (let at = 1; at <= point; at += 1) {
      const mass = masses[at] ?? 0
      if (mass < 1e-5) continue
      const place = SINCE[point * WAIT_POINTS + at] ?? 0
      const below = place | 0
      const low = chance[below] ?? 0
      sum += mass * (low + (place - below) * ((chance[below + 1] ?? low) - low))
    }
  })
  return sum
}

/** Integrated hazard to each state between two waits, into `sums`; returns the total. */
function leave(out: readonly Float64Array[], from: number, to: number, sums: Float64Array): number {
  sums.fill(0)
  let total = 0
  const last = ageBin(to)
  for (let bin = ageBin(from); bin <= last; bin += 1) {
    const low = Math.max(from, EDGES[bin] ?? 0)
    const high = bin === AGE_BINS - 1 ? to : Math.min(to, EDGES[bin + 1] ?? to)
    if (high <= low) continue
    for (let state = 0; state <= LIVE_STATES; state += 1) {
      const part = ((out[state] as Float64Array)[bin] ?? 0) * (high - low)
      sums[state] = (sums[state] ?? 0) + part
      total += part
    }
  }
  return total
}

export function interpolate(row: Float64Array | Float32Array, wait: number, offset = 0): number {
  const place = waitPlace(wait)
  const point = Math.floor(place)
  const low = row[offset + point] ?? 0
  return low + (place - point) * ((row[offset + point + 1] ?? low) - low)
}

/** Rows nobody has seen yet are `pending` since their creation. */
function newborns(worth: Float32Array, ended: Float32Array) {
  const worthSum = integral(worth)
  const endedSum = integral(ended)
  const mean = (sum: Float64Array, from: number, to: number) =>
    to - from < 1e-3 ? 0 : (sumTo(sum, to) - sumTo(sum, from)) / (to - from)
  return {
    worth: (from: number, to: number) => mean(worthSum, from, to),
    ended: (to: number) => mean(endedSum, 0, to),
  }
}

function integral(row: Float32Array): Float64Array {
  const sum = new Float64Array(WAIT_POINTS)
  for (let point = 1; point < WAIT_POINTS; point += 1) {
    const height = ((row[point] ?? 0) + (row[point - 1] ?? 0)) / 2
    sum[point] = (sum[point - 1] ?? 0) + height * (waitAt(point) - waitAt(point - 1))
  }
  return sum
}

const sumTo = (sum: Float64Array, wait: number) => interpolate(sum, wait)

import { WAIT_POINTS, waitAt, waitPlace } from './grid.ts'
import { createHistogram, type Histogram } from './histogram.ts'

/**
 * How long ends wait for their reading, as the readings that were made let expect.
 *
 * A reading after a wait τ shows an end at any moment s of the wait with the chance dF(s); that end has then waited
 * τ − s, and the database will say of it only that it came within τ. Summed over all readings this is the delay that
 * the requests really made lead to, with all that a formula for them would leave out. Where many ends were seen, they
 * tell better than the chances which waits they came in.
 */
export interface Ledger {
  addReading(read: Read, hasEnded: boolean): void
  addRequests(count: number): void
  pass(seconds: number): void
  /** What was before is no guide to what comes. */
  forget(): void
  view(): LedgerView
  state(): LedgerState
}

/** A migration was read; `ended` holds at `offset` how likely it had ended within each shorter wait. */
interface Read {
  readonly ended: Float32Array
  readonly offset: number
  readonly wait: number
}

export interface LedgerView {
  /** Ends that the view rests on. */
  readonly ends: number
  /** In seconds. */
  readonly meanS: number
  readonly p99S: number
  readonly boundP50S: number
  readonly boundP99S: number
  readonly seconds: number
  readonly requestsPerSecond: number
}

/** As JSON, faded to the moment at which it is taken. */
export interface LedgerState {
  readonly expected: TallyState
  readonly seen: TallyState
  readonly requests: number
  readonly seconds: number
}

export interface TallyState {
  readonly delays: readonly number[]
  readonly bounds: readonly number[]
  /** Sum of all delays. */
  readonly delay: number
}

/** Ends that what was to be expected counts for, beside those that were seen. */
const EXPECTED_ENDS = 30
/** Time in which what was reckoned fades to a third; less where this many ends are exceeded. */
const MEMORY_S = 7200
const MEMORY_ENDS = 100
/** A longer pause tells nothing of what readings lead to. */
const LONGEST_TICK_S = 60
/** The sums grow by this much before they are brought down again. */
const MOST_GROWTH = 1e6
const OBLIVION = 1e4

const WAITS = Float64Array.from({ length: WAIT_POINTS }, (_, point) => waitAt(point))

/** Delays and bounds of ends: of those to be expected, or of those that were seen. */
function createTally(known: TallyState) {
  const delays = createHistogram(known.delays)
  const bounds = createHistogram(known.bounds)
  return {
    delays,
    bounds,
    delay: known.delay,
    ends: delays.total(),
    scale(factor: number): void {
      delays.scale(factor)
      bounds.scale(factor)
      this.delay *= factor
      this.ends *= factor
    },
    state(): TallyState {
      return { delays: delays.masses(), bounds: bounds.masses(), delay: this.delay }
    },
  }
}

type Tally = ReturnType<typeof createTally>

export function createLedger(known: LedgerState): Ledger {
  const expected = createTally(known.expected)
  const seen = createTally(known.seen)
  let { requests, seconds } = known
  /** Instead of fading all that is old, what is new counts more and more. */
  let growth = 1

  function shrink(): void {
    expected.scale(1 / growth)
    seen.scale(1 / growth)
    requests /= growth
    seconds /= growth
    growth = 1
  }

  function add(tally: Tally, { ended, offset, wait }: Read, weight: number): void {
    const sum = spread({ ended, offset, wait }, (waited, chance) => {
      tally.delays.add(waited, weight * chance)
      tally.delay += weight * chance * waited
    })
    tally.bounds.add(wait, weight * sum)
    tally.ends += weight * sum
  }

  return {
    addReading(read, hasEnded) {
      if (!(read.wait > 0)) return
      add(expected, read, growth)
      const chance = spread(read, () => undefined)
      if (hasEnded && chance > 0) add(seen, read, growth / chance)
    },
    addRequests(count) {
      requests += growth * count
    },
    pass(elapsed) {
      const passed = Math.min(LONGEST_TICK_S, elapsed)
      const haste = Math.max(1, expected.ends / growth / MEMORY_ENDS)
      growth *= Math.exp(Math.min(1, (passed * haste) / MEMORY_S))
      seconds += growth * passed
      if (growth > MOST_GROWTH) shrink()
    },
    forget() {
      growth *= OBLIVION
    },
    view() {
      shrink()
      return { ...viewOf(expected, seen), seconds, requestsPerSecond: seconds > 0 ? requests / seconds : 0 }
    },
    state() {
      shrink()
      return { expected: expected.state(), seen: seen.state(), requests, seconds }
    },
  }
}

/** What was seen, and what was to be expected in the weight of a few ends. */
function viewOf(expected: Tally, seen: Tally) {
  const weight = expected.ends > 0 ? Math.min(1, EXPECTED_ENDS / expected.ends) : 0
  const merge = (one: Histogram, other: Histogram) => {
    const masses = other.masses()
    return createHistogram(one.masses().map((mass, bin) => weight * mass + (masses[bin] ?? 0)))
  }
  const bounds = merge(expected.bounds, seen.bounds)
  const ends = weight * expected.ends + seen.ends
  return {
    ends,
    meanS: ends > 0 ? (weight * expected.delay + seen.delay) / ends : 0,
    p99S: merge(expected.delays, seen.delays).quantile(0.99),
    boundP50S: bounds.quantile(0.5),
    boundP99S: bounds.quantile(0.99),
  }
}

/** Calls for each part of a wait with the chance of an end in it and how long that end has waited; returns the sum. */
function spread({ ended, offset, wait }: Read, each: (waited: number, chance: number) => void): number {
  const place = waitPlace(wait)
  const last = Math.floor(place)
  let before = 0
  for (let point = 1; point <= last + 1; point += 1) {
    const share = point > last ? place - last : 1
    const low = ended[offset + point - 1] ?? 0
    const sum = low + share * ((ended[offset + point] ?? low) - low)
    const middle = ((WAITS[point - 1] ?? 0) + Math.min(wait, WAITS[point] ?? wait)) / 2
    if (sum > before) each(Math.max(0, wait - middle), sum - before)
    before = Math.max(before, sum)
  }
  return before
}

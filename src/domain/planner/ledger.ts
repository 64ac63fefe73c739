import { WAIT_POINTS, waitAt, waitPlace } from './grid.ts'
import { createHistogram } from './histogram.ts'

/**
 * How long ends wait for their reading, as the readings that were made let expect.
 *
 * A reading after a wait τ shows an end at any moment s of the wait with the chance dF(s); that end has then waited
 * τ − s, and the database will say of it only that it came within τ. Summed over all readings this is the delay that
 * the requests really made lead to, with all that a formula for them would leave out.
 */
export interface Ledger {
  /** A migration was read; `ended` holds at `offset` how likely it had ended within each shorter wait. */
  addReading(ended: Float32Array, offset: number, wait: number): void
  addRequests(count: number): void
  pass(seconds: number): void
  /** What was before is no guide to what comes. */
  forget(): void
  view(): LedgerView
  state(): LedgerState
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
  readonly delays: readonly number[]
  readonly bounds: readonly number[]
  /** Sum of all delays. */
  readonly delay: number
  readonly requests: number
  readonly seconds: number
}

/** Time in which what was reckoned fades to a third; less where this many ends are exceeded. */
const MEMORY_S = 7200
const MEMORY_ENDS = 100
/** A longer pause tells nothing of what readings lead to. */
const LONGEST_TICK_S = 60
/** The sums grow by this much before they are brought down again. */
const MOST_GROWTH = 1e6
const OBLIVION = 1e4

const WAITS = Float64Array.from({ length: WAIT_POINTS }, (_, point) => waitAt(point))

export function createLedger(known: LedgerState): Ledger {
  const delays = createHistogram(known.delays)
  const bounds = createHistogram(known.bounds)
  let { delay, requests, seconds } = known
  let ends = delays.total()
  /** Instead of fading all that is old, what is new counts more and more. */
  let growth = 1

  function shrink(): void {
    delays.scale(1 / growth)
    bounds.scale(1 / growth)
    delay /= growth
    ends /= growth
    requests /= growth
    seconds /= growth
    growth = 1
  }

  return {
    addReading(ended, offset, wait) {
      if (!(wait > 0)) return
      const sum = spread(ended, offset, wait, (waited, chance) => {
        delays.add(waited, growth * chance)
        delay += growth * chance * waited
      })
      bounds.add(wait, growth * sum)
      ends += growth * sum
    },
    addRequests(count) {
      requests += growth * count
    },
    pass(elapsed) {
      const passed = Math.min(LONGEST_TICK_S, elapsed)
      const haste = Math.max(1, ends / growth / MEMORY_ENDS)
      growth *= Math.exp(Math.min(1, (passed * haste) / MEMORY_S))
      seconds += growth * passed
      if (growth > MOST_GROWTH) shrink()
    },
    forget() {
      growth *= OBLIVION
    },
    view: () => ({
      ends: ends / growth,
      meanS: ends > 0 ? delay / ends : 0,
      p99S: delays.quantile(0.99),
      boundP50S: bounds.quantile(0.5),
      boundP99S: bounds.quantile(0.99),
      seconds: seconds / growth,
      requestsPerSecond: seconds > 0 ? requests / seconds : 0,
    }),
    state() {
      shrink()
      return { delays: delays.masses(), bounds: bounds.masses(), delay, requests, seconds }
    },
  }
}

/** Calls for each part of a wait with the chance of an end in it and how long that end has waited; returns the sum. */
function spread(
  ended: Float32Array,
  offset: number,
  wait: number,
  each: (waited: number, chance: number) => void,
): number {
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

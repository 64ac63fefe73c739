import { WAIT_POINTS, waitAt, waitPlace } from './grid.ts'

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

const BINS = 80
const UNIT_S = 0.25
/** Time in which what was reckoned fades to a third; less where this many ends are exceeded. */
const MEMORY_S = 7200
const MEMORY_ENDS = 100
/** The sums grow by this much before they are brought down again. */
const MOST_GROWTH = 1e6

const binOf = (time: number) => Math.min(BINS - 1, Math.floor(4 * Math.log2(time / UNIT_S + 1)))
const edgeOf = (bin: number) => UNIT_S * (2 ** (bin / 4) - 1)
const WAITS = Float64Array.from({ length: WAIT_POINTS }, (_, point) => waitAt(point))

export function createLedger(known: LedgerState | null): Ledger {
  const delays = load(known?.delays)
  const bounds = load(known?.bounds)
  let ends = sumOf(delays)
  let delay = sane(known?.delay)
  let requests = sane(known?.requests)
  let seconds = sane(known?.seconds)
  /** Instead of fading all that is old, what is new counts more and more. */
  let growth = 1

  function shrink(): void {
    for (const row of [delays, bounds]) row.forEach((sum, bin) => void (row[bin] = sum / growth))
    delay /= growth
    ends /= growth
    requests /= growth
    seconds /= growth
    growth = 1
  }

  function put(row: Float64Array, time: number, mass: number): void {
    const bin = binOf(time)
    row[bin] = (row[bin] ?? 0) + growth * mass
  }

  return {
    addReading(ended, offset, wait) {
      if (!(wait > 0)) return
      const place = waitPlace(wait)
      const last = Math.floor(place)
      let before = 0
      for (let point = 1; point <= last + 1; point += 1) {
        const share = point > last ? place - last : 1
        const low = ended[offset + point - 1] ?? 0
        const chance = low + share * ((ended[offset + point] ?? low) - low)
        const mass = chance - before
        before = chance
        if (!(mass > 0)) continue
        const waited = Math.max(
          0,
          wait - ((WAITS[point - 1] ?? 0) + Math.min(wait, WAITS[point] ?? wait)) / 2,
        )
        put(delays, waited, mass)
        delay += growth * mass * waited
      }
      if (before > 0) put(bounds, wait, before)
      ends += growth * before
    },
    addRequests(count) {
      requests += growth * count
    },
    pass(passed) {
      const haste = Math.max(1, ends / growth / MEMORY_ENDS)
      growth *= Math.exp(Math.min(1, (passed * haste) / MEMORY_S))
      seconds += growth * passed
      if (growth > MOST_GROWTH) shrink()
    },
    forget() {
      growth *= 1e4
    },
    view() {
      return {
        ends: ends / growth,
        meanS: ends > 0 ? delay / ends : 0,
        p99S: quantile(delays, 0.99),
        boundP50S: quantile(bounds, 0.5),
        boundP99S: quantile(bounds, 0.99),
        seconds: seconds / growth,
        requestsPerSecond: seconds > 0 ? requests / seconds : 0,
      }
    },
    state() {
      shrink()
      return { delays: rounded(delays), bounds: rounded(bounds), delay, requests, seconds }
    },
  }
}

function quantile(row: Float64Array, share: number): number {
  let left = share * sumOf(row)
  for (let bin = 0; bin < BINS; bin += 1) {
    const mass = row[bin] ?? 0
    if (mass > 0 && mass >= left) return edgeOf(bin) + (left / mass) * (edgeOf(bin + 1) - edgeOf(bin))
    left -= mass
  }
  return 0
}

const sumOf = (row: Float64Array) => row.reduce((sum, mass) => sum + mass, 0)
const rounded = (row: Float64Array) => Array.from(row, (mass) => Number(mass.toPrecision(6)))

function load(row: readonly number[] | undefined): Float64Array {
  return Float64Array.from({ length: BINS }, (_, bin) => sane(Array.isArray(row) ? row[bin] : 0))
}

const sane = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0

import { MAX_PAGES } from '../walk.ts'
import { WAIT_POINTS, waitAt, waitPlace } from './grid.ts'
import type { ListMap } from './list-map.ts'
import type { LiveSet } from './live-set.ts'
import { createPageSums } from './page-sums.ts'
import type { Urgency } from './urgency.ts'

interface Best {
  readonly worth: number
  /** Slot of a migration to get, or page to list. */
  readonly at: number
}

/** What every possible request is worth at one moment. Good until the next observation. */
export interface Valuation {
  scan(now: number): void
  bestGet(): Best
  bestPage(): Best
  worthOfPage(page: number): number
  worthOf(slot: number): number
  /** Takes a page or a migration as read; returns the slots that are most likely on the page. */
  takePage(page: number, now: number): number[]
  takeGet(slot: number, now: number): void
  /** The page was asked for in vain, and should not be before this time. */
  miss(page: number, until: number): void
  /** The page was answered. */
  answered(page: number): void
  /** The clock went back: nothing is awaited. */
  rewind(): void
  /** Slots that are most likely on the page. */
  slotsOn(page: number): number[]
  /** Page on which the slot most likely is; null where unknown. */
  pageOf(slot: number): number | null
  /** Chance-weighted number of migrations that ended unseen, and ends per second. */
  hidden(): number
  endRate(): number
  /** The slot unread for longest in relation to its limit, and that relation. */
  oldest(): { readonly slot: number; readonly overdue: number }
  /** How often a row is found where the map says, 0 to 1. */
  reliability: number
}

/** An answer that did not come within this time will not come. */
export const CLAIM_S = 6

interface Options {
  /** Longest time between two readings per state, in seconds. */
  readonly limits: readonly number[]
  /** Shortest time between two readings. */
  readonly floor: number
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions around state that only they share
export function createValuation(live: LiveSet, map: ListMap, urgency: Urgency, options: Options): Valuation {
  let worth = new Float64Array(1024)
  let place = new Int32Array(1024)
  let share = new Float32Array(1024)
  const pages = createPageSums()
  let hidden = 0
  let endRate = 0
  let oldest = { slot: -1, overdue: 0 }
  /** Pages that were asked for and not yet answered. */
  const asked = new Map<number, number>()

  function widen(): void {
    const size = live.columns.state.length
    pages.widen(2 * size)
    if (size <= worth.length) return
    worth = new Float64Array(size)
    place = new Int32Array(size)
    share = new Float32Array(size)
  }

  function clear(): void {
    pages.clear()
    hidden = 0
    endRate = 0
    oldest = { slot: -1, overdue: 0 }
  }

  function worthNow(slot: number, now: number): number {
    const { readAt, claimedAt, klass, state } = live.columns
    const wait = now - (readAt[slot] ?? now)
    const kind = klass[slot] ?? 0
    const at = waitPlace(wait)
    const point = Math.floor(at)
    const index = kind * WAIT_POINTS + point
    hidden += between(urgency.ended, index, at - point)
    endRate += slope(urgency.ended, index, point)
    const overdue = wait / (options.limits[state[slot] ?? 0] ?? 900)
    if (now - (claimedAt[slot] ?? now) < CLAIM_S) return 0
    if (overdue > oldest.overdue) oldest = { slot, overdue }
    if (wait < options.floor) return 0
    return between(urgency.worth, index, at - point)
  }

  /** Spreads a row over the one or two pages on which it may be. */
  function spread(slot: number, shift: number, blur: number, size: number): void {
    const { coord } = live.columns
    const at = shift - (coord[slot] ?? Number.NaN)
    place[slot] = -1
    // A place further down than any list goes is none: the migration is asked for on its own.
    if (!(at < MAX_PAGES * size)) return
    const belief = beliefIn(slot)
    const middle = Math.max(0, at) + 0.5
    const low = Math.max(0, Math.floor((middle - blur) / size))
    const high = Math.floor((middle + blur) / size)
    const above = high > low ? Math.min(1, Math.max(0, (middle + blur - high * size) / (2 * blur))) : 0
    const value = worth[slot] ?? 0
    const first = high > low + 1 ? high - 1 : low
    place[slot] = first
    share[slot] = belief * (1 - above)
    pages.addLink(first, value * belief * (1 - above), 2 * slot)
    if (above > 0) pages.addLink(first + 1, value * belief * above, 2 * slot + 1)
  }

  /** Unseen rows are on the first pages, the newest first, or behind the last. */
  function addUnseen(now: number, size: number): void {
    const unseen = map.unseen(now)
    const lookedAt = map.lookedAt()
    if (!(unseen > 0) || Number.isNaN(lookedAt)) return
    const wait = now - lookedAt
    hidden += unseen * urgency.newbornEnded(wait)
    endRate += map.arrivals() * between(urgency.ended, Math.floor(waitPlace(wait)), waitPlace(wait) % 1)
    const first = map.lookPage()
    for (let from = 0; from < unseen && from < 20 * size; from += size) {
      const rows = Math.min(size, unseen - from)
      const page = first + from / size
      if (now - (asked.get(page) ?? Number.NEGATIVE_INFINITY) < CLAIM_S) continue
      const ages: [number, number] = [(wait * from) / unseen, (wait * (from + rows)) / unseen]
      pages.add(page, rows * urgency.newbornWorth(...ages))
    }
  }

  /** Belief that the map knows the slot's place at all, and that it is on the page of this link. */
  const beliefIn = (slot: number) => (live.columns.trust[slot] ?? 0) * valuation.reliability
  const beliefAt = (link: number) => {
    const first = share[link >> 1] ?? 0
    return link % 2 === 0 ? first : beliefIn(link >> 1) - first
  }

  /** Takes a row as read, as far as it is on the page; says whether it surely is. */
  function takeLink(link: number, now: number): boolean {
    const slot = link >> 1
    const here = beliefAt(link)
    const surely = here / beliefIn(slot)
    if (surely > 0.5) live.columns.claimedAt[slot] = now
    drop(slot, 1 - here)
    return surely > 0.95
  }

  function drop(slot: number, kept: number): void {
    const first = place[slot] ?? -1
    const gone = (worth[slot] ?? 0) * (1 - kept)
    if (first >= 0) {
      const here = share[slot] ?? 0
      const belief = beliefIn(slot)
      pages.add(first, -gone * here)
      if (belief - here > 1e-6) pages.add(first + 1, -gone * (belief - here))
    }
    worth[slot] = (worth[slot] ?? 0) * kept
  }

  const valuation: Valuation = {
    reliability: 1,
    scan(now) {
      clear()
      widen()
      const size = map.pageSize()
      const shift = map.shift(now)
      const blur = 0.5 + map.doubt(now)
      for (let slot = 0; slot < live.size(); slot += 1) {
        worth[slot] = worthNow(slot, now)
        spread(slot, shift, blur, size)
      }
      addUnseen(now, size)
    },
    bestGet() {
      let at = -1
      let most = 0
      for (let slot = 0; slot < live.size(); slot += 1) {
        if ((worth[slot] ?? 0) > most) {
          most = worth[slot] ?? 0
          at = slot
        }
      }
      return { worth: most, at }
    },
    bestPage: pages.best,
    worthOfPage: pages.at,
    worthOf: (slot) => worth[slot] ?? 0,
    takePage(page, now) {
      const sure: number[] = []
      asked.set(page, now)
      for (const link of pages.linksOn(page)) {
        if (takeLink(link, now)) sure.push(link >> 1)
      }
      pages.empty(page)
      return sure
    },
    slotsOn(page) {
      const slots: number[] = []
      for (const link of pages.linksOn(page)) {
        if (beliefAt(link) > 0.5 * beliefIn(link >> 1)) slots.push(link >> 1)
      }
      return slots
    },
    rewind: () => asked.clear(),
    miss: (page, until) => void asked.set(page, until - CLAIM_S),
    answered: (page) => void asked.delete(page),
    takeGet(slot, now) {
      live.columns.claimedAt[slot] = now
      drop(slot, 0)
    },
    pageOf: (slot) => ((place[slot] ?? -1) < 0 ? null : (place[slot] ?? null)),
    hidden: () => hidden,
    endRate: () => endRate,
    oldest: () => oldest,
  }
  return valuation
}

/** Chance per second just here. */
function slope(row: Float32Array, index: number, point: number): number {
  return ((row[index + 1] ?? 0) - (row[index] ?? 0)) * (PER_SECOND[point] ?? 0)
}

const PER_SECOND = Float64Array.from(
  { length: WAIT_POINTS },
  (_, point) => 1 / (waitAt(point + 1) - waitAt(point)),
)

function between(row: Float32Array, index: number, fraction: number): number {
  const low = row[index] ?? 0
  return low + fraction * ((row[index + 1] ?? 0) - low)
}

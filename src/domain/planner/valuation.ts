import { WAIT_POINTS, waitPlace } from './grid.ts'
import type { ListMap } from './list-map.ts'
import type { LiveSet } from './live-set.ts'
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
  let chain = new Int32Array(2048)
  let pages = new Float64Array(256)
  let heads = new Int32Array(256).fill(-1)
  let touched: number[] = []
  let hidden = 0
  let endRate = 0
  let oldest = { slot: -1, overdue: 0 }
  let lookClaimedAt = Number.NEGATIVE_INFINITY

  function widen(): void {
    if (live.size() <= worth.length) return
    const size = live.columns.state.length
    worth = new Float64Array(size)
    place = new Int32Array(size)
    share = new Float32Array(size)
    chain = new Int32Array(2 * size)
  }

  function reach(page: number): void {
    if (page < pages.length) return
    const size = 2 ** Math.ceil(Math.log2(page + 2))
    const [oldPages, oldHeads] = [pages, heads]
    pages = new Float64Array(size)
    heads = new Int32Array(size).fill(-1)
    pages.set(oldPages)
    heads.set(oldHeads)
  }

  function addToPage(page: number, value: number, link: number): void {
    reach(page)
    if (heads[page] === -1) touched.push(page)
    pages[page] = (pages[page] ?? 0) + value
    chain[link] = heads[page] ?? -1
    heads[page] = link
  }

  function clear(): void {
    for (const page of touched) {
      pages[page] = 0
      heads[page] = -1
    }
    touched = []
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
    endRate += urgency.rate[kind] ?? 0
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
    if (Number.isNaN(at)) return
    const belief = beliefIn(slot)
    const middle = Math.max(0, at) + 0.5
    const low = Math.max(0, Math.floor((middle - blur) / size))
    const high = Math.floor((middle + blur) / size)
    const above = high > low ? Math.min(1, Math.max(0, (middle + blur - high * size) / (2 * blur))) : 0
    const value = worth[slot] ?? 0
    const first = high > low + 1 ? high - 1 : low
    place[slot] = first
    share[slot] = belief * (1 - above)
    addToPage(first, value * belief * (1 - above), 2 * slot)
    if (above > 0) addToPage(first + 1, value * belief * above, 2 * slot + 1)
  }

  /** Unseen rows are on the first pages, the newest first, or behind the last. */
  function addUnseen(now: number, size: number): void {
    const unseen = map.unseen(now)
    const lookedAt = map.lookedAt()
    if (!(unseen > 0) || Number.isNaN(lookedAt)) return
    const wait = now - lookedAt
    hidden += unseen * urgency.newbornEnded(wait)
    if (now - lookClaimedAt < CLAIM_S) return
    const first = map.lookPage()
    for (let from = 0; from < unseen && from < 20 * size; from += size) {
      const rows = Math.min(size, unseen - from)
      const page = first + from / size
      reach(page)
      if (heads[page] === -1 && pages[page] === 0) touched.push(page)
      const ages: [number, number] = [(wait * from) / unseen, (wait * (from + rows)) / unseen]
      pages[page] = (pages[page] ?? 0) + rows * urgency.newbornWorth(...ages)
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
      pages[first] = (pages[first] ?? 0) - gone * here
      if (belief - here > 1e-6) pages[first + 1] = (pages[first + 1] ?? 0) - gone * (belief - here)
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
    bestPage() {
      let at = -1
      let most = 0
      for (const page of touched) {
        if ((pages[page] ?? 0) > most) {
          most = pages[page] ?? 0
          at = page
        }
      }
      return { worth: most, at }
    },
    worthOfPage: (page) => pages[page] ?? 0,
    worthOf: (slot) => worth[slot] ?? 0,
    takePage(page, now) {
      const sure: number[] = []
      if (page === map.lookPage()) lookClaimedAt = now
      if (page >= pages.length) return sure
      for (let link = heads[page] ?? -1; link >= 0; link = chain[link] ?? -1) {
        if (takeLink(link, now)) sure.push(link >> 1)
      }
      pages[page] = 0
      return sure
    },
    slotsOn(page) {
      const slots: number[] = []
      for (let link = heads[page] ?? -1; link >= 0; link = chain[link] ?? -1) {
        if (beliefAt(link) > 0.5 * beliefIn(link >> 1)) slots.push(link >> 1)
      }
      return slots
    },
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

function between(row: Float32Array, index: number, fraction: number): number {
  const low = row[index] ?? 0
  return low + fraction * ((row[index + 1] ?? 0) - low)
}

import type { FreshEnd } from '../walk.ts'
import type { LiveSet } from './live-set.ts'
import type { Row } from './types.ts'

/**
 * Where rows stand in the list, as far as pages showed it.
 *
 * A row's coordinate stays the same while new rows are added: where they appear on the first page it is counted
 * against the number of rows added so far, so that one counter moves all rows down at once. Every page that shows rows
 * with known coordinates tells the counter anew.
 */
export interface ListMap {
  /** Rows that a full page really has. */
  pageSize(): number
  freshEnd(): FreshEnd
  learnOrder(freshEnd: FreshEnd): void
  /** New rows per second. */
  arrivals(): number
  /** Place of coordinate 0 now, unseen rows included. */
  shift(now: number): number
  /** Standard deviation of the shift, in rows. */
  doubt(now: number): number
  /** Rows that nobody has seen yet, as far as can be guessed. */
  unseen(now: number): number
  /** Page where the next unseen row is. */
  lookPage(): number
  lookedAt(): number
  /** Takes in a page; returns the rows that were unknown until now, or until the look that is under way. */
  observe(page: number, rows: readonly Row[], hasMore: boolean | null, now: number): readonly Row[]
  /** Ends the look under way: what it brought is old from now on. */
  settle(): void
  /** Remembers rows that ended, for they still show where the others are. */
  keep(id: string, coord: number): void
  state(): MapState
}

/** What is worth keeping of a map over a restart. Times in seconds. */
export interface MapState {
  readonly size: number
  readonly freshEnd: FreshEnd
  readonly added: number
  readonly found: number
  readonly end: number
  /** Null where no page was read yet. */
  readonly confirmedAt: number | null
  readonly lookedAt: number | null
  readonly arrivals: ArrivalCounts
  /** Coordinates of live migrations. */
  readonly places: readonly (readonly [id: string, coord: number])[]
}

interface ArrivalCounts {
  readonly rows: number
  readonly seconds: number
}

const MEMORY_S = 1800
const PRIOR: ArrivalCounts = { rows: 0.3, seconds: 60 }
/** Rows that ended are remembered up to this number. */
const MOST_KEPT = 5_000
/** Belief in a place that was known before a restart. */
const RESTORED_TRUST = 0.8

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions around state that only they share
export function createListMap(live: LiveSet, pageSize: number, known: MapState | null): ListMap {
  let size = Math.min(pageSize, known?.size ?? pageSize)
  let fresh: FreshEnd = known?.freshEnd ?? 'first'
  let added = known?.added ?? 0
  let confirmedAt = known?.confirmedAt ?? Number.NaN
  let lookedAt = known?.lookedAt ?? Number.NaN
  let found = known?.found ?? 0
  let end = known?.end ?? 0
  let counts: ArrivalCounts = known?.arrivals ?? { rows: 0, seconds: 0 }
  const kept = new Map<string, number>()
  /** Rows of the look under way, whose coordinates are provisional until it meets a known row. */
  const provisional = new Set<string>()

  const arrivals = () => (counts.rows + PRIOR.rows) / (counts.seconds + PRIOR.seconds)
  const since = (from: number, now: number) => (Number.isNaN(from) ? 0 : Math.max(0, now - from))

  for (const [id, coord] of known?.places ?? []) {
    const slot = live.slotOf(id)
    if (slot === undefined) continue
    live.columns.coord[slot] = coord
    live.columns.trust[slot] = RESTORED_TRUST
  }

  function coordOf(id: string): number {
    const slot = live.slotOf(id)
    return slot === undefined ? (kept.get(id) ?? Number.NaN) : (live.columns.coord[slot] ?? Number.NaN)
  }

  function place(id: string, coord: number): void {
    const slot = live.slotOf(id)
    if (slot === undefined) {
      keep(id, coord)
      return
    }
    live.columns.coord[slot] = coord
    live.columns.trust[slot] = 1
  }

  function keep(id: string, coord: number): void {
    if (Number.isNaN(coord)) return
    kept.delete(id)
    kept.set(id, coord)
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
  }

  /** How many rows were added so far, as a page's known rows say; null where it has none. */
  function addedBy(rows: readonly Row[], from: number): number | null {
    const says: number[] = []
    rows.forEach((row, index) => {
      const coord = provisional.has(row.id) ? Number.NaN : coordOf(row.id)
      if (!Number.isNaN(coord)) says.push(coord + from + index)
    })
    says.sort((a, b) => a - b)
    return says[says.length >> 1] ?? null
  }

  function count(rows: number, now: number): void {
    const seconds = since(lookedAt, now)
    const keepShare = Math.exp(-seconds / MEMORY_S)
    counts = { rows: counts.rows * keepShare + rows, seconds: counts.seconds * keepShare + seconds }
    lookedAt = now
  }

  function moveDown(page: number, rows: readonly Row[], now: number, first: boolean): void {
    const says = addedBy(rows, page * size)
    if (says !== null && (page === 0 || provisional.size > 0 || says > added)) {
      for (const id of provisional) place(id, coordOf(id) + says - added)
      added = says
      confirmedAt = now
    } else if (says === null && page === 0) {
      // Only new rows: at least a page of them came since the last look. The next page will tell.
      if (!first) added = Math.max(added, found + rows.length)
      confirmedAt = now
    }
    if (page === 0) countFound(now, first)
  }

  function countFound(now: number, first: boolean): void {
    if (first) lookedAt = now
    else count(Math.max(0, added - found), now)
    found = Math.max(found, added)
  }

  function moveEnd(page: number, rows: readonly Row[], now: number): void {
    const until = page * size + rows.length
    if (fresh === 'anywhere') {
      // New rows may be on any page: only sweeps find them.
      if (page === 0) lookedAt = now
    } else if (page === Math.floor(end / size) || until > end) {
      if (Number.isNaN(lookedAt)) lookedAt = now
      else count(Math.max(0, until - end), now)
    }
    end = rows.length === 0 ? Math.min(end, until) : Math.max(end, until)
  }

  return {
    pageSize: () => size,
    freshEnd: () => fresh,
    learnOrder(next) {
      if (next === fresh) return
      const by = fresh === 'first' ? -added : next === 'first' ? added : 0
      const { coord } = live.columns
      for (let slot = 0; slot < live.size(); slot += 1) coord[slot] = (coord[slot] ?? 0) + by
      for (const [id, value] of kept) kept.set(id, value + by)
      fresh = next
    },
    arrivals,
    shift: (now) => (fresh === 'first' ? added + arrivals() * since(confirmedAt, now) : 0),
    doubt: (now) => (fresh === 'first' ? Math.sqrt(arrivals() * since(confirmedAt, now)) : 0),
    unseen(now) {
      if (fresh === 'anywhere') return 0
      if (fresh === 'last') return arrivals() * since(lookedAt, now)
      return added - found + arrivals() * since(confirmedAt, now)
    },
    lookPage: () => (fresh === 'last' ? Math.floor(end / size) : 0),
    lookedAt: () => lookedAt,
    observe(page, rows, hasMore, now) {
      if (rows.length > size || (hasMore === true && rows.length > 0 && rows.length < size))
        size = rows.length
      const first = Number.isNaN(lookedAt)
      const unknown = rows.filter((row) => Number.isNaN(coordOf(row.id)) || provisional.has(row.id))
      if (fresh === 'first') moveDown(page, rows, now, first)
      else moveEnd(page, rows, now)
      const origin = fresh === 'first' ? added : 0
      if (!first) for (const { id } of unknown) provisional.add(id)
      for (const [index, { id }] of rows.entries()) place(id, origin - page * size - index)
      if (rows.length > 0) end = Math.max(end, page * size + rows.length)
      return unknown
    },
    settle: () => provisional.clear(),
    keep,
    state: () => ({
      size,
      freshEnd: fresh,
      added,
      found,
      end,
      confirmedAt: Number.isNaN(confirmedAt) ? null : confirmedAt,
      lookedAt: Number.isNaN(lookedAt) ? null : lookedAt,
      arrivals: counts,
      places: placesOf(live),
    }),
  }
}

function placesOf(live: LiveSet): [string, number][] {
  const places: [string, number][] = []
  for (let slot = 0; slot < live.size(); slot += 1) {
    const coord = live.columns.coord[slot] ?? Number.NaN
    if (!Number.isNaN(coord) && (live.columns.trust[slot] ?? 0) > 0.5) places.push([live.idAt(slot), coord])
  }
  return places
}

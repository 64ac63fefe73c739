import type { FullLife } from './life.ts'
import type { Order } from './options.ts'
import { hashOf } from './random.ts'

/** One migration. Times are milliseconds from the start, whole ones: the first at which a thing can be seen. */
export interface Row {
  readonly id: string
  readonly companyId: string | null
  readonly userId: string
  readonly isHistory: boolean
  readonly bornMs: number
  /** Its creation in microseconds from the start. */
  readonly createdUs: number
  /** Never empty: the first is the status it was created with. */
  readonly statuses: readonly { readonly atMs: number; readonly status: string }[]
  goneMs: number
}

export interface World {
  /** Every migration that ever is, oldest first. */
  readonly rows: readonly Row[]
  find(id: string, atMs: number): Row | null
  /** What exists at a moment, in the list's order. Do not change it. */
  list(atMs: number): readonly Row[]
  /** A migration that nobody foresaw. */
  add(row: Row): void
  /** False where there is nothing to delete. */
  remove(id: string, atMs: number): boolean
}

const KEPT_LISTS = 4

export function createWorld(rows: readonly Row[], order: Order): World {
  const byAge = rows.toSorted(isOlder)
  let ordered = inOrder(byAge, order)
  const byId = new Map(byAge.map((row) => [row.id, row]))
  if (byId.size !== byAge.length) throw new Error('two migrations of the simulator have the same id')
  let births = sorted(byAge.map((row) => row.bornMs))
  let ends = endsOf(byAge)
  // A page must not cost a look at 100,000 rows, so what exists is kept until something appears or goes.
  const lists = new Map<string, readonly Row[]>()

  function find(id: string, atMs: number): Row | null {
    const row = byId.get(id)
    return row && exists(row, atMs) ? row : null
  }

  function list(atMs: number): readonly Row[] {
    const key = `${countUpTo(births, atMs)}/${countUpTo(ends, atMs)}`
    const kept = lists.get(key)
    if (kept) return kept
    const fresh = ordered.filter((row) => exists(row, atMs))
    const oldest = lists.keys().next()
    if (lists.size >= KEPT_LISTS && !oldest.done) lists.delete(oldest.value)
    lists.set(key, fresh)
    return fresh
  }

  function remove(id: string, atMs: number): boolean {
    const row = find(id, atMs)
    if (!row) return false
    row.goneMs = atMs
    ends = endsOf(byAge)
    lists.clear()
    return true
  }

  function add(row: Row): void {
    byAge.push(row)
    byAge.sort(isOlder)
    ordered = inOrder(byAge, order)
    byId.set(row.id, row)
    births = sorted(byAge.map((one) => one.bornMs))
    lists.clear()
  }

  return { rows: byAge, find, list, add, remove }
}

export function exists(row: Row, atMs: number): boolean {
  return row.bornMs <= atMs && atMs < row.goneMs
}

export function statusesUntil(row: Row, atMs: number): Row['statuses'] {
  return row.statuses.filter((one) => one.atMs <= atMs)
}

export function statusAt(row: Row, atMs: number): string {
  return row.statuses.findLast((one) => one.atMs <= atMs)?.status ?? 'NOT_STARTED'
}

/** A life in real time: what lies after the start runs `speed` times as fast. */
export function rowOf(life: FullLife, speed: number, isHistory: boolean): Row {
  const us = (seconds: number) => Math.round((seconds * 1e6) / (seconds > 0 ? speed : 1))
  const ms = (seconds: number) => Math.ceil(us(seconds) / 1000)
  const bornMs = ms(life.createdS)
  const statuses = [{ atMs: bornMs, status: 'NOT_STARTED' }]
  for (const [atS, status] of life.changes) {
    // What it gets in the moment of its creation is what it is created with.
    if (ms(atS) <= bornMs) statuses.pop()
    if (statuses.at(-1)?.status !== status) statuses.push({ atMs: Math.max(bornMs, ms(atS)), status })
  }
  return {
    id: life.id,
    companyId: life.companyId,
    userId: life.userId,
    isHistory,
    bornMs,
    createdUs: us(life.createdS),
    statuses,
    goneMs: life.deletedS === undefined ? Number.POSITIVE_INFINITY : ms(life.deletedS),
  }
}

function isOlder(a: Row, b: Row): number {
  return a.createdUs - b.createdUs || (a.id < b.id ? -1 : 1)
}

function inOrder(byAge: readonly Row[], order: Order): readonly Row[] {
  if (order === 'created_asc') return byAge
  if (order === 'created_desc') return byAge.toReversed()
  return byAge
    .map((row) => ({ row, place: hashOf(row.id) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row)
}

function endsOf(rows: readonly Row[]): Float64Array {
  return sorted(rows.map((row) => row.goneMs).filter(Number.isFinite))
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort()
}

/** How many of the sorted values are at most `limit`. */
function countUpTo(values: Float64Array, limit: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

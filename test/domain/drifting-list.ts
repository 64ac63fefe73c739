import fc from 'fast-check'

import { nextStep, type PageSeen, type Walk } from '../../src/domain/walk.ts'

/** How a provider answers page numbers beyond the end, and what it says of further pages. */
export interface Habits {
  readonly beyond: 'empty' | 'last' | 'first'
  readonly hasMore: 'silent' | 'honest' | 'always' | 'never'
}

export const PLAIN: Habits = { beyond: 'empty', hasMore: 'silent' }

/** Rows are named in the order of their creation: m0, m1, … */
export const rowsNamed = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `m${from + i}`)

const createdAt = (id: string) => `2026-03-04T09:00:00.${id.slice(1).padStart(6, '0')}Z`

/** The page that such a provider serves of a list that stands still for the moment. */
export function readPage(rows: readonly string[], page: number, size: number, habits = PLAIN): PageSeen {
  const pages = Math.ceil(rows.length / size)
  const served = { empty: page, last: pages - 1, first: 0 }
  const real = Math.max(0, page < pages ? page : served[habits.beyond])
  const ids = rows.slice(real * size, (real + 1) * size)
  const times = ids.map(createdAt).sort()
  const [min] = times
  const max = times.at(-1)
  const created = min === undefined || max === undefined ? null : { min, max }
  const claims = { silent: null, honest: page < pages - 1, always: true, never: false }
  return { page, size: ids.length, ids, created, hasMore: claims[habits.hasMore], mostlyNew: false }
}

export interface Walked {
  /** Pages in the order in which they were asked for. */
  readonly asked: readonly number[]
  readonly met: ReadonlySet<string>
  /** As the walk ended. */
  readonly walk: Walk
}

/** Walks until the walk says that it is complete. `read` may change the list before it answers. */
export function walkOver(start: Walk, read: (page: number) => PageSeen, most = 1_000): Walked {
  const asked: number[] = []
  const met = new Set<string>()
  let walk = start
  while (asked.length < most) {
    const seen = read(walk.page)
    asked.push(walk.page)
    for (const id of seen.ids) met.add(id)
    const step = nextStep(walk, seen)
    walk = step.walk
    if (step.kind === 'complete') return { asked, met, walk }
  }
  throw new Error(`the walk goes on after ${most} requests, at page ${walk.page}`)
}

/** One change of a list. `place` counts from 0 (the top) to 1 (the end). */
export type Change =
  | { readonly kind: 'insert' | 'delete'; readonly place: number; readonly count: number }
  | { readonly kind: 'move'; readonly place: number; readonly to: number }
  | { readonly kind: 'reverse' }

/** A list, and the change that comes before each of its requests; when they are used up it stands still. */
export class DriftingList {
  rows: readonly string[]
  #requests = 0
  #born: number
  readonly #drift: readonly (Change | null)[]

  constructor(rows: number, drift: readonly (Change | null)[]) {
    this.#drift = drift
    this.rows = rowsNamed(rows)
    this.#born = rows
  }

  get drifts(): boolean {
    return this.#requests < this.#drift.length
  }

  read(page: number, size: number, habits: Habits): PageSeen {
    const change = this.#drift[this.#requests]
    if (change) this.rows = this.#changed([...this.rows], change)
    this.#requests += 1
    return readPage(this.rows, page, size, habits)
  }

  #changed(rows: string[], change: Change): string[] {
    if (change.kind === 'reverse') return rows.reverse()
    const at = Math.min(Math.floor(change.place * (rows.length + 1)), rows.length)
    if (change.kind === 'move') {
      const moved = rows.splice(at, 1)
      return rows.toSpliced(Math.floor(change.to * (rows.length + 1)), 0, ...moved)
    }
    if (change.kind === 'delete') return rows.toSpliced(at, change.count)
    const fresh = rowsNamed(change.count, this.#born)
    this.#born += change.count
    return rows.toSpliced(at, 0, ...fresh)
  }
}

const place = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))
const upTo = (most: number) => fc.integer({ min: 0, max: most })

export const anyHabits: fc.Arbitrary<Habits> = fc.record({
  beyond: fc.constantFrom('empty', 'last', 'first'),
  hasMore: fc.constantFrom('silent', 'honest', 'always', 'never'),
})

export const insertion = (most: number): fc.Arbitrary<Change> =>
  fc.record({ kind: fc.constant('insert'), place, count: upTo(most) })

export const deletion = (most: number): fc.Arbitrary<Change> =>
  fc.record({ kind: fc.constant('delete'), place, count: upTo(most) })

export const reordering: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('move'), place, to: place }) },
  { weight: 1, arbitrary: fc.constant<Change>({ kind: 'reverse' }) },
)

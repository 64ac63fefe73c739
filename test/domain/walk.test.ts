import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  type FreshEnd,
  freshEndOf,
  MAX_PAGES,
  nextStep,
  type PageSeen,
  startLook,
  startSweep,
  type Walk,
} from '../../src/domain/walk.ts'
import {
  anyHabits,
  type Change,
  DriftingList,
  deletion,
  type Habits,
  insertion,
  PLAIN,
  readPage,
  reordering,
  rowsNamed,
  walkOver,
} from './drifting-list.ts'

const SIZE = 10
const LAST: Habits = { ...PLAIN, beyond: 'last' }
const FIRST: Habits = { ...PLAIN, beyond: 'first' }
const HONEST: Habits = { ...PLAIN, hasMore: 'honest' }
const ALWAYS: Habits = { ...PLAIN, hasMore: 'always' }
const NEVER: Habits = { ...PLAIN, hasMore: 'never' }

const down = startSweep('down', 0)
const up = (knownLastPage: number) => startSweep('up', knownLastPage)

/** Walks over a list of so many rows that stands still. */
function walkStill(start: Walk, rows: number, habits = PLAIN) {
  const list = rowsNamed(rows)
  const { asked, met, walk } = walkOver(start, (page) => readPage(list, page, SIZE, habits), 50)
  return { asked: asked.join(' '), met: met.size, lastPage: walk.lastPage }
}

/** Walks over pages with these rows, whatever their sizes; all others are empty. */
function walkPages(start: Walk, pages: readonly (readonly string[])[], hasMore: boolean | null = null) {
  const page = (number: number) => pages[number] ?? []
  const { asked, met } = walkOver(
    start,
    (number) => ({ ...readPage(page(number), 0, SIZE), page: number, hasMore }),
    50,
  )
  return { asked: asked.join(' '), met: met.size }
}

describe('a sweep down', () => {
  test.each<[string, number, Habits, string]>([
    ['an empty list', 0, PLAIN, '0 1'],
    ['an empty list that says so', 0, HONEST, '0'],
    ['one short page', 4, PLAIN, '0 1 2'],
    ['one short page that says it is the last', 4, HONEST, '0 1'],
    ['one full page', 10, PLAIN, '0 1 2'],
    ['a short last page', 25, PLAIN, '0 1 2 3'],
    ['a short last page that says it is the last', 25, HONEST, '0 1 2'],
    ['a full last page', 30, PLAIN, '0 1 2 3 4'],
    ['a full last page that says it is the last', 30, HONEST, '0 1 2 3'],
    ['pages that all promise more', 30, ALWAYS, '0 1 2 3 4'],
    ['full pages that all deny that there is more', 30, NEVER, '0 1 2 3'],
    ['a short last page repeated beyond the end', 25, LAST, '0 1 2 3'],
    ['a full last page repeated beyond the end', 30, LAST, '0 1 2 3 4'],
    ['one page repeated beyond the end', 4, LAST, '0 1 2'],
    ['the first page beyond the end', 25, FIRST, '0 1 2 3'],
    ['the first page beyond a full last one', 30, FIRST, '0 1 2 3 4'],
  ])('reads %s once, and little more', (_name, rows, habits, asked) => {
    const lastPage = Math.max(0, Math.ceil(rows / SIZE) - 1)

    expect(walkStill(down, rows, habits)).toEqual({ asked, met: rows, lastPage })
  })

  test('goes on behind an empty page in the middle, be it the first', () => {
    const [a, b, c] = [rowsNamed(10), rowsNamed(10, 10), rowsNamed(5, 20)]

    expect(walkPages(down, [a, [], b, [], c])).toEqual({ asked: '0 1 2 3 4 5', met: 25 })
    expect(walkPages(down, [[], a, b, c])).toEqual({ asked: '0 1 2 3 4', met: 25 })
  })

  test('goes on behind short pages in the middle', () => {
    const pages = [rowsNamed(9), rowsNamed(10, 9), rowsNamed(2, 19), rowsNamed(10, 21), rowsNamed(1, 31)]

    expect(walkPages(down, pages)).toEqual({ asked: '0 1 2 3 4 5', met: 32 })
    expect(walkPages(down, pages, true)).toEqual({ asked: '0 1 2 3 4 5', met: 32 })
  })

  test('takes the fullest page for a full one, whatever size was asked for', () => {
    const clamped = [rowsNamed(3), rowsNamed(3, 3), rowsNamed(3, 6), rowsNamed(1, 9)]

    expect(walkPages(down, clamped, false)).toEqual({ asked: '0 1 2 3', met: 10 })
  })

  test('counts rows that nobody could read', () => {
    const seen = { ...readPage([], 0, SIZE), size: 3 }
    const step = nextStep(nextStep(down, seen).walk, { ...seen, page: 1 })

    expect(step.kind).toBe('go_on')
  })

  test('bears bursts of new rows without taking pushed pages for the end', () => {
    const burst: Change = { kind: 'insert', place: 0, count: 7 }
    const bursts = Array.from({ length: 200 }, (_, i) => (i < 10 || i % 10 < 4 ? burst : null))
    const list = new DriftingList(1_000, bursts)
    const { met } = walkOver(down, (page) => list.read(page, SIZE, PLAIN))

    expect(rowsNamed(1_000).filter((id) => !met.has(id))).toEqual([])
  })

  test('ends where the list shrinks away under it', () => {
    let rows = rowsNamed(100)
    const { asked } = walkOver(down, (page) => {
      if (page === 3) rows = rowsNamed(5)
      return readPage(rows, page, SIZE)
    })

    expect(asked).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a sweep up', () => {
  test.each<[string, number, number, Habits, string]>([
    ['an empty list', 0, 0, PLAIN, '1 0'],
    ['one page', 4, 0, PLAIN, '1 0'],
    ['a list as long as it was', 25, 2, PLAIN, '3 2 1 0'],
    ['a list of full pages', 30, 2, PLAIN, '3 2 1 0'],
    ['a list that has grown, up to its new end', 45, 2, PLAIN, '3 4 5 4 3 2 1 0'],
    ['a list that has shrunk', 5, 2, PLAIN, '3 2 1 0'],
    ['a list that has vanished', 0, 2, PLAIN, '3 2 1 0'],
    ['the first page beyond the end', 25, 2, FIRST, '3 4 3 2 1 0'],
    ['one page repeated beyond the end', 4, 0, LAST, '1 2 1 0'],
    ['pages that deny that there is more', 45, 2, NEVER, '3 4 5 4 3 2 1 0'],
    ['pages that promise more', 25, 2, ALWAYS, '3 2 1 0'],
  ])('reads %s', (_name, rows, knownLastPage, habits, asked) => {
    const lastPage = Math.max(0, Math.ceil(rows / SIZE) - 1)

    expect(walkStill(up(knownLastPage), rows, habits)).toEqual({ asked, met: rows, lastPage })
  })

  test('never takes a page number beyond the end for the last page', () => {
    expect(walkStill(up(2), 25, LAST)).toEqual({ asked: '3 4 3 2 1 0', met: 25, lastPage: 1 })
    expect(walkStill(up(7), 25, FIRST).lastPage).toBe(2)
  })

  test('reads both sides of an empty page in the middle', () => {
    const pages = [rowsNamed(10), [], rowsNamed(10, 10), rowsNamed(5, 20)]

    expect(walkPages(up(3), pages)).toEqual({ asked: '4 3 2 1 0', met: 25 })
  })
})

describe('a look', () => {
  /** Reads a list whose rows count as new until they were met. */
  function look(start: Walk, rows: readonly string[], known: readonly string[]) {
    const seen = new Set(known)
    return walkOver(start, (page): PageSeen => {
      const answer = readPage(rows, page, SIZE)
      const mostlyNew = answer.ids.filter((id) => !seen.has(id)).length > answer.ids.length / 2
      for (const id of answer.ids) seen.add(id)
      return { ...answer, mostlyNew }
    })
  }

  test.each<[string, number, number, string]>([
    ['stops at the first known row', 3, 40, '0'],
    ['stops where nothing is new', 0, 40, '0'],
    ['goes on while every row is new', 25, 40, '0 1 2'],
    ['reads one page more where the new rows fill their pages', 20, 40, '0 1 2'],
    ['reads a list that is all new to its end', 25, 0, '0 1 2 3'],
    ['ends on an empty list', 0, 0, '0'],
  ])('%s', (_name, fresh, old, asked) => {
    const known = rowsNamed(old)
    const { asked: pages, met } = look(startLook('first', 9), [...rowsNamed(fresh, old), ...known], known)

    expect(pages.join(' ')).toBe(asked)
    expect(rowsNamed(fresh, old).filter((id) => !met.has(id))).toEqual([])
  })

  test.each<[FreshEnd, number, string]>([
    ['first', 0, 'look'],
    ['anywhere', 0, 'look'],
    ['last', 7, 'tail'],
  ])('begins where new rows appear: %s', (freshEnd, page, kind) => {
    expect(startLook(freshEnd, 7)).toMatchObject({ page, kind })
  })

  test.each<[string, number, Habits, string]>([
    ['from the page that was the last', 25, PLAIN, '2 3'],
    ['to an end that lies further on', 45, PLAIN, '2 3 4 5'],
    ['to an end on a full page', 40, PLAIN, '2 3 4'],
    ['back up where the list has become shorter', 8, PLAIN, '2 1 0 1'],
    ['back up to nothing', 0, PLAIN, '2 1 0'],
    ['where the last page is repeated', 25, LAST, '2 3'],
    ['where the first page is repeated', 25, FIRST, '2 3 4'],
    ['past what a page says of further ones', 45, NEVER, '2 3 4 5'],
  ])('walks the tail %s', (_name, rows, habits, asked) => {
    const walked = walkStill(startLook('last', 2), rows, habits)

    expect(walked.asked).toBe(asked)
  })
})

describe('any walk', () => {
  test.each([down, up(4), startLook('first', 4), startLook('last', 4)])(
    'asks for the same page again while the client learns the first index ($kind $direction)',
    (walk) => {
      const midway = { ...walk, page: 4 }

      expect(nextStep(midway, readPage(rowsNamed(90), 0, SIZE))).toEqual({ kind: 'go_on', walk: midway })
      expect(nextStep(midway, readPage(rowsNamed(90), 1, SIZE))).toEqual({ kind: 'go_on', walk: midway })
    },
  )

  test.each([
    ['down', down, MAX_PAGES + 1],
    ['up', up(0), 2 * MAX_PAGES + 1],
    ['look', startLook('first', 0), MAX_PAGES + 1],
    ['tail', startLook('last', 0), MAX_PAGES + 1],
  ])('ends on a list without end: %s', (_name, walk, most) => {
    let born = 0
    const endless = (page: number): PageSeen => ({
      ...{ page, size: 1, ids: [`m${born++}`], created: null, hasMore: true, mostlyNew: true },
    })

    expect(walkOver(walk, endless, most + 1).asked.length).toBeLessThanOrEqual(most)
  })

  test.each([PLAIN, LAST, FIRST])(
    'ends on a list that grows with every request (beyond it: $beyond)',
    (habits) => {
      for (const start of [down, up(1), startLook('last', 1)]) {
        for (const end of [0, 1]) {
          const growth = Array.from(
            { length: 1_000 },
            (): Change => ({ kind: 'insert', place: end, count: 1 }),
          )
          const list = new DriftingList(35, growth)
          const { asked } = walkOver(start, (page) => list.read(page, SIZE, habits))
          expect(asked.length).toBeLessThanOrEqual(80)
        }
      }
    },
  )

  test.each<[string, readonly string[], FreshEnd]>([
    ['the oldest first', rowsNamed(25), 'last'],
    ['the newest first', rowsNamed(25).reverse(), 'first'],
    ['no order', [...rowsNamed(10, 10), ...rowsNamed(10), ...rowsNamed(5, 20)].reverse(), 'anywhere'],
    ['one page', rowsNamed(9), 'first'],
    ['nothing', [], 'first'],
  ])('learns where new rows appear, both ways, from a list with %s', (_name, rows, freshEnd) => {
    for (const habits of [PLAIN, FIRST, LAST]) {
      for (const start of [down, up(2), up(0), up(5)]) {
        const { walk } = walkOver(start, (page) => readPage(rows, page, SIZE, habits))
        expect(freshEndOf(walk)).toBe(freshEnd)
      }
    }
  })

  test('survives being stored between two pages', () => {
    const stored = (walk: Walk): Walk => JSON.parse(JSON.stringify(walk))
    let walk = up(1)
    for (const page of [2, 1, 0]) walk = stored(nextStep(walk, readPage(rowsNamed(15), page, SIZE)).walk)

    expect(walk).toMatchObject({ page: 0, lastPage: 1 })
  })
})

describe('a walk over a list that drifts', () => {
  const size = fc.integer({ min: 1, max: 6 })
  const rows = fc.integer({ min: 0, max: 40 })
  const knownLastPage = fc.integer({ min: 0, max: 12 })
  const drift = (change: fc.Arbitrary<Change>, most = 30) =>
    fc.array(fc.option(change, { freq: 3 }), { maxLength: most })
  const anyChange = fc.oneof(insertion(4), deletion(4), reordering)
  const pagesOf = (list: DriftingList, pageSize: number) => Math.ceil(list.rows.length / pageSize)

  // A page and more, time after time, would look like page numbers beyond the end; so would half a page, 20 times.
  test('down meets every old row where less than a page is inserted between two requests', () => {
    const cases = size.chain((pageSize) =>
      fc.tuple(fc.constant(pageSize), rows, anyHabits, drift(insertion(pageSize - 1), 19)),
    )
    fc.assert(
      fc.property(cases, ([pageSize, count, habits, changes]) => {
        const list = new DriftingList(count, changes)
        const before = list.rows
        const { met } = walkOver(down, (page) => list.read(page, pageSize, habits))

        expect(before.filter((id) => !met.has(id))).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  test('up meets every row that is left, however many are deleted between two requests', () => {
    fc.assert(
      fc.property(
        size,
        rows,
        knownLastPage,
        anyHabits,
        drift(deletion(9)),
        (pageSize, count, known, habits, changes) => {
          const list = new DriftingList(count, changes)
          const { met } = walkOver(up(known), (page) => list.read(page, pageSize, habits))

          expect(list.rows.filter((id) => !met.has(id))).toEqual([])
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('ends within a few requests of the moment at which the list stands still', () => {
    const anyStart = fc.oneof(
      fc.constant(down),
      knownLastPage.map(up),
      knownLastPage.map((page) => startLook('last', page)),
    )
    fc.assert(
      fc.property(
        size,
        rows,
        anyStart,
        anyHabits,
        drift(anyChange),
        (pageSize, count, start, habits, changes) => {
          const list = new DriftingList(count, changes)
          let furthest = 0
          const { asked } = walkOver(start, (page) => {
            if (list.drifts) furthest = Math.max(furthest, page)
            return list.read(page, pageSize, habits)
          })
          const pages = Math.max(pagesOf(list, pageSize), furthest, start.page)

          // At worst to the end and all the way back.
          expect(asked.length - changes.length).toBeLessThanOrEqual(2 * pages + 4)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('in turns down and up: all rows are met by the first sweep that begins after the last change', () => {
    fc.assert(
      fc.property(size, rows, anyHabits, drift(anyChange, 60), (pageSize, count, habits, changes) => {
        const list = new DriftingList(count, changes)
        let known = 0
        for (let completed = 0; ; completed++) {
          const still = !list.drifts
          const { asked, met, walk } = walkOver(completed % 2 === 0 ? down : up(known), (page) =>
            list.read(page, pageSize, habits),
          )
          // Beyond its pages: what lay there before, twice as much where the end was sought, and the check of the end.
          const extra = asked.length - Math.max(pagesOf(list, pageSize), known)
          known = walk.lastPage
          if (!still) continue
          expect(list.rows.filter((id) => !met.has(id))).toEqual([])
          expect(extra).toBeLessThanOrEqual(pagesOf(list, pageSize) + 3)
          return
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('a sweep of a list that stands still takes one or two requests more than it has pages', () => {
    fc.assert(
      fc.property(
        size,
        rows,
        fc.constantFrom('silent', 'honest', 'always', 'never'),
        (pageSize, count, hasMore) => {
          const list = rowsNamed(count)
          const pages = Math.ceil(count / pageSize)
          for (const start of [down, up(Math.max(0, pages - 1))]) {
            const { asked, met } = walkOver(start, (page) =>
              readPage(list, page, pageSize, { ...PLAIN, hasMore }),
            )
            expect(met.size).toBe(count)
            expect(asked.length).toBeLessThanOrEqual(pages + 2)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

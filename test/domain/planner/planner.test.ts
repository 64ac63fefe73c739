import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createPlanner } from '../../../src/domain/planner/planner.ts'
import { CONFIG, type Made, type Rows, row, run, seeded } from './small-provider.ts'

const live = (count: number, lifeS = 0): Rows => ({
  rows: Array.from({ length: count }, (_, index) => row(`m${index}`, 'running', -60 * index - lifeS)),
})

describe('planner', () => {
  test('finds and reads every migration of a list', () => {
    const list = live(95)
    const planner = createPlanner(CONFIG, null, [], seeded(1))
    const made = run(planner, list, 300)
    const pages = new Set(made.flatMap(({ request }) => (request.kind === 'list' ? [request.page] : [])))
    expect([...pages].filter((page) => page < 10)).toHaveLength(10)
  })

  test('makes the same requests for the same answers and the same random numbers', () => {
    const once = () =>
      run(createPlanner({ ...CONFIG, lagGoalMs: 15_000 }, null, [], seeded(7)), live(60), 200)
    expect(once()).toEqual(once())
  })

  test('never asks for more than the tokens at hand, over any window', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 80 }),
        fc.constantFrom(0, 15_000),
        (seed, count, lagGoalMs) => {
          const made = run(
            createPlanner({ ...CONFIG, lagGoalMs }, null, [], seeded(Math.abs(seed))),
            live(count),
            120,
          )
          for (const windowMs of [1_000, 10_000, 60_000]) {
            for (const { atMs } of made) {
              const within = made.filter((one) => one.atMs >= atMs && one.atMs < atMs + windowMs)
              expect(within.length).toBeLessThanOrEqual(5 + windowMs / 1000)
            }
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('starves nobody: what lives is read again within its limit where the budget carries it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 500_000 }), (count, lifeS) => {
        const list = live(count, lifeS)
        const made = run(createPlanner(CONFIG, null, [], seeded(count)), list, 2_500)
        const readAt = new Map(made.flatMap((one) => shownBy(one, list).map((id) => [id, one.atMs] as const)))
        for (const { id } of list.rows) expect(readAt.get(id) ?? 0).toBeGreaterThan(2_500_000 - 1_000_000)
      }),
      { numRuns: 15 },
    )
  })

  test('meets every row of a list whose rows come, go and move', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('insert', 'delete', 'move'),
            fc.double({ min: 0, max: 0.999, noNaN: true }),
          ),
          {
            maxLength: 60,
          },
        ),
        fc.integer({ min: 5, max: 90 }),
        (changes, count) => {
          const list = live(count)
          const met = new Set<string>()
          const planner = createPlanner(CONFIG, null, [], seeded(count))
          const watching = {
            choose: planner.choose,
            observe(answer: Parameters<typeof planner.observe>[0]) {
              for (const one of answer.kind === 'list' ? answer.rows : [answer.row]) if (one) met.add(one.id)
              planner.observe(answer)
            },
          }
          let next = 0
          run(watching, list, 1_500, (atMs) => {
            const change = atMs % 5_000 === 0 && atMs < 400_000 ? changes[next++] : undefined
            if (change !== undefined) apply(list, change, atMs)
          })
          for (const { id } of list.rows) expect(met).toContain(id)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('spends less than everything once the lag goal is met', () => {
    const made = run(
      createPlanner({ ...CONFIG, lagGoalMs: 15_000 }, null, [], seeded(5)),
      live(8, 40_000),
      3_000,
    )
    expect(made.length).toBeLessThan(1_500)
  })

  test('goes on after a restart with what it learned and what lives', () => {
    const first = createPlanner(CONFIG, null, [], seeded(1))
    const list = live(30)
    run(first, list, 300)
    const learned = JSON.parse(JSON.stringify(first.learned()))
    const rows = list.rows.map(({ id, createdAtMs }) => ({
      id,
      phase: 'running' as const,
      createdAtMs,
      statusSinceMs: createdAtMs ?? 0,
      lastObservedAtMs: 0,
    }))
    const second = createPlanner(CONFIG, learned, rows, seeded(1))
    expect(second.explain('m12', 100_000)?.by).toEqual({ kind: 'list', page: 1, with: 10 })
  })

  test('foretells less delay from more budget', () => {
    const planner = createPlanner(CONFIG, null, [], seeded(1))
    run(planner, live(90), 600)
    const { meanMs, halfBudget, doubleBudget } = planner.forecast(600_000)
    expect(halfBudget.meanMs).toBeGreaterThan(meanMs)
    expect(doubleBudget.meanMs).toBeLessThan(meanMs)
  })
})

function shownBy({ request }: Made, { rows }: Rows): string[] {
  if (request.kind === 'get') return [request.id]
  return rows.slice(10 * request.page, 10 * request.page + 10).map(({ id }) => id)
}

function apply(
  list: Rows,
  [kind, place]: readonly ['insert' | 'delete' | 'move' | string, number],
  atMs: number,
): void {
  const index = Math.floor(place * list.rows.length)
  if (kind === 'insert') list.rows.unshift(row(`n${atMs}`, 'pending', atMs / 1000))
  else if (kind === 'delete') list.rows.splice(index, 1)
  else list.rows.unshift(...list.rows.splice(index, 1))
}

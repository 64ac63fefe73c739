import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createPlanner, type Learned } from '../../../src/domain/planner/planner.ts'
import type { LiveMigration } from '../../../src/domain/planner/types.ts'
import { CONFIG, type Rows, row, run, seeded } from './small-provider.ts'

const RUNNING: Rows = {
  rows: Array.from({ length: 60 }, (_, index) => row(`m${index}`, 'running', -60 * index)),
}
const END_MS = 2_400_000

/** A planner that ran for a while, and what a new process would know of it. */
function played() {
  const planner = createPlanner(CONFIG, null, [], seeded(1))
  const list = { rows: [...RUNNING.rows] }
  const readAt = new Map<string, number>()
  const sinceMs = new Map<string, number>()
  const watching = {
    survey: planner.survey,
    choose: planner.choose,
    observe(answer: Parameters<typeof planner.observe>[0]) {
      for (const one of answer.kind === 'list' ? answer.rows : answer.row ? [answer.row] : []) {
        readAt.set(one.id, answer.atMs)
        if (!sinceMs.has(one.id)) sinceMs.set(one.id, sinceAtFirst(one.createdAtMs ?? 0, answer.atMs))
      }
      planner.observe(answer)
    },
  }
  run(watching, list, END_MS / 1000, (atMs) => {
    if (atMs % 50_000 === 0) list.rows.unshift(row(`n${atMs}`, 'running', atMs / 1000))
    const ending = atMs % 60_000 === 30_000 ? list.rows[((atMs / 7_000) % 40) | 0] : undefined
    if (ending) list.rows[list.rows.indexOf(ending)] = { ...ending, phase: 'succeeded' }
  })
  const live: LiveMigration[] = list.rows
    .filter(({ id }) => planner.explain(id, END_MS) !== null)
    .map(({ id, createdAtMs }) => ({
      id,
      phase: 'running',
      createdAtMs,
      statusSinceMs: sinceMs.get(id) ?? 0,
      lastObservedAtMs: readAt.get(id) ?? 0,
    }))
  return { planner, live, learned: JSON.parse(JSON.stringify(planner.learned())) as Learned }
}

/** As the planner guesses when a phase began that it did not see begin. */
function sinceAtFirst(createdAtMs: number, atMs: number): number {
  const ageMs = Math.max(0, atMs - createdAtMs)
  return atMs - Math.max(ageMs / 2, ageMs - 60_000)
}

describe('a planner rebuilt from what another learned', () => {
  const { planner, live, learned } = played()
  const rebuilt = createPlanner(CONFIG, learned, live, seeded(2))

  test('foretells the same', () => {
    const [one, two] = [planner.forecast(END_MS), rebuilt.forecast(END_MS)]
    const keys = [
      'meanMs',
      'p99Ms',
      'boundP50Ms',
      'boundP99Ms',
      'utilisation',
      'requestsPerDay',
      'sweepMs',
    ] as const
    for (const key of keys) expect(Math.abs(two[key] / one[key] - 1), key).toBeLessThan(0.05)
    expect(Math.abs(two.halfBudget.meanMs / one.halfBudget.meanMs - 1)).toBeLessThan(0.05)
  })

  test('explains the same', () => {
    const off: number[] = []
    for (const { id } of live) {
      const [one, two] = [planner.explain(id, END_MS), rebuilt.explain(id, END_MS)]
      if (one === null || two === null) throw new Error(`${id} is unknown`)
      expect(two.by).toEqual(one.by)
      expect(two.lastReadAtMs).toBe(one.lastReadAtMs)
      off.push(Math.abs(two.expectedAtMs - one.expectedAtMs) / (one.expectedAtMs - one.lastReadAtMs))
      expect(two.endedChance).toBeCloseTo(one.endedChance, 2)
    }
    // The first's tables are up to a quarter of an hour old, the other's are fresh.
    expect(Math.max(...off)).toBeLessThan(0.25)
    expect(off.reduce((sum, one) => sum + one, 0) / off.length).toBeLessThan(0.1)
  })

  test('does without what of it is damaged', () => {
    const bad = fc.oneof(
      fc.constantFrom(null, undefined, Number.NaN, -1, 1e300, Number.POSITIVE_INFINITY, '', 'x', [], {}),
      fc.array(fc.double(), { maxLength: 5 }),
      fc.anything(),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), bad), { minLength: 1, maxLength: 6 }), (damages) => {
        let state: unknown = structuredClone(learned)
        for (const [where, value] of damages) state = damage(state, where, value)
        const tried = createPlanner(CONFIG, state as Learned, live, seeded(3))
        const made = run(tried, { rows: [...RUNNING.rows] }, 30, () => undefined, { startMs: END_MS })
        expect(made.length).toBeGreaterThan(20)
        const { meanMs, sweepMs } = tried.forecast(END_MS)
        for (const value of [meanMs, sweepMs]) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThan(1e12)
        }
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  test('does without anything that was learned', () => {
    for (const state of [undefined, 7, 'x', [], { version: 2 }]) {
      const tried = createPlanner(CONFIG, state as unknown as Learned, live, seeded(3))
      expect(run(tried, { rows: [...RUNNING.rows] }, 30).length).toBeGreaterThan(20)
    }
  })
})

/** Puts a value at one of the places of a tree, chosen by a number. */
function damage(tree: unknown, where: number, value: unknown): unknown {
  const keys = typeof tree === 'object' && tree !== null ? Object.keys(tree) : []
  if (keys.length === 0 || where % 4 === 3) return value
  const key = keys[where % keys.length] as string
  const copy = (Array.isArray(tree) ? [...tree] : { ...(tree as object) }) as unknown as Record<
    string,
    unknown
  >
  copy[key] = damage(copy[key], Math.floor(where / 4), value)
  return copy
}

describe('a clock that jumps', () => {
  const HOUR_MS = 3_600_000

  test.each([
    ['back', -HOUR_MS, 0],
    ['back, with a lag goal', -HOUR_MS, 15_000],
    ['on', HOUR_MS, 0],
    ['on, with a lag goal', HOUR_MS, 15_000],
  ])('%s an hour brings neither silence nor a burst', (_name, byMs, lagGoalMs) => {
    const planner = createPlanner({ ...CONFIG, lagGoalMs }, null, [], seeded(1))
    const list = { rows: [...RUNNING.rows] }
    const start = 5_000_000
    const before = run(planner, list, 1_200, () => undefined, { startMs: start })
    const after = run(planner, list, 1_200, () => undefined, { startMs: start + 1_200_000 + byMs })
    const of = (made: typeof before) => made.slice(-1_200 / 2).length / 600
    expect(after.length).toBeGreaterThan(0.5 * before.length * of(before))
    expect(after.length).toBeLessThanOrEqual(1_205)
    // Sweeps go on whatever the clock says; what is chosen by its worth has to as well.
    const soon = after.filter(({ atMs }) => atMs < start + 1_500_000 + byMs)
    expect(soon.filter(({ request }) => request.reason === 'value').length).toBeGreaterThan(10)
    const shown = new Set(after.flatMap(({ request }) => (request.kind === 'get' ? [] : [request.page])))
    for (let page = 0; page < 6; page += 1) expect(shown).toContain(page)
  })
})

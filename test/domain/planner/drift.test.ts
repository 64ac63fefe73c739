import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createSweeps } from '../../../bench/planner/sweeps.ts'
import { createPlanner } from '../../../src/domain/planner/planner.ts'
import type { Row } from '../../../src/domain/planner/types.ts'
import { answerTo, row, seeded } from './small-provider.ts'

const SIZE = 4
const PER_SECOND = 4
const CONFIG = { requestsPerSecond: PER_SECOND, pageSize: SIZE, sweepEveryMs: 300_000, lagGoalMs: 0 }
/** Pages of the longest list, twice, at the least share that sweeps have, and a page beyond the end. */
const LONGEST = 16
const STILL_S = Math.ceil((2 * (LONGEST / SIZE + 2)) / (0.05 * PER_SECOND)) + 10

const KINDS = ['insert', 'insert', 'appear', 'delete', 'move', 'end', 'end', 'reverse'] as const
interface Change {
  readonly kind: (typeof KINDS)[number]
  readonly place: number
}

const place = fc.double({ min: 0, max: 0.999, noNaN: true })
const anyChange: fc.Arbitrary<Change> = fc.record({ kind: fc.constantFrom(...KINDS), place })
const anySchedule = fc.array(anyChange, { maxLength: 12 })

const SCHEDULES_A_RUN = 100
const RUNS = 25

describe('planner, sweeps and walks together', () => {
  // Four times 25 runs of 100 schedules. What one leaves behind is where the next begins.
  test.each([1, 2, 3, 4])(
    'lose no migration of a list that drifts between any two requests (%i)',
    (seed) => {
      fc.assert(
        fc.property(
          fc.array(anySchedule, { minLength: SCHEDULES_A_RUN, maxLength: SCHEDULES_A_RUN, size: 'max' }),
          (schedules) => {
            const world = createWorld(seed)
            for (const schedule of schedules) {
              world.play(schedule)
              expect(world.lost()).toEqual([])
            }
          },
        ),
        { seed, numRuns: RUNS, endOnFailure: true },
      )
    },
    120_000,
  )
})

function createWorld(seed: number) {
  const planner = createPlanner(CONFIG, null, [], seeded(seed))
  const sweeps = createSweeps(1_000)
  const list: { rows: Row[] } = { rows: [] }
  let born = 0
  let atMs = 0

  function enter(at: number): void {
    if (list.rows.length >= LONGEST) list.rows.pop()
    list.rows.splice(at, 0, row(`m${born}`, 'running', atMs / 1000))
    born += 1
  }

  function apply({ kind, place: where }: Change): void {
    const { rows } = list
    const at = Math.floor(where * rows.length)
    const one = rows[at]
    if (kind === 'insert') enter(0)
    else if (kind === 'appear') enter(at)
    else if (kind === 'reverse') rows.reverse()
    else if (kind === 'delete') rows.splice(at, 1)
    else if (kind === 'move') rows.splice(Math.floor((1 - where) * rows.length), 0, ...rows.splice(at, 1))
    else if (one) rows[at] = { ...one, phase: 'succeeded' }
  }

  function second(drift: Change[]): void {
    const sweep = sweeps.wanted(atMs, planner.survey()?.lastPage ?? 0)
    for (const request of planner.choose(atMs, PER_SECOND, sweep)) {
      const change = drift.shift()
      if (change) apply(change)
      const answer = answerTo(request, list, atMs, SIZE)
      planner.observe(answer)
      sweeps.observe(answer)
    }
    atMs += 1_000
  }

  return {
    /** Plays the schedule, one change before each request, and then lets the list stand still for two sweeps. */
    play(schedule: readonly Change[]): void {
      const drift = [...schedule]
      for (let waited = 0; drift.length > 0 && waited < 60; waited += 1) second(drift)
      for (let waited = 0; waited < STILL_S; waited += 1) second([])
    },
    /** Live migrations that the planner knows nothing of, and ended ones that it believes to live. */
    lost: () =>
      list.rows
        .filter(({ id, phase }) => (planner.explain(id, atMs) === null) === (phase === 'running'))
        .map(({ id }) => id),
  }
}

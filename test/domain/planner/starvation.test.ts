import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createPlanner } from '../../../src/domain/planner/planner.ts'
import { createSurvival, ENDED, RUNNING } from '../../../src/domain/planner/survival.ts'
import { type Made, type Rows, row, run, seeded } from './small-provider.ts'

const PAGE = 10
/** Limits between two readings, in seconds, and the share of the budget that is kept for what exceeds them. */
const LIMIT_S = 1800
const WAITING_LIMIT_S = 3600
const FLOOR_SHARE = 0.05

/** Longest time without a reading among rows that live, at the end of a run or before. */
function longestUnread(made: readonly Made[], list: Rows, endMs: number, fromMs: number): number {
  let longest = 0
  list.rows.forEach(({ id }, index) => {
    const page = Math.floor(index / PAGE)
    let last = fromMs
    for (const { atMs, request } of [...made, { atMs: endMs, request: { kind: 'get', id } as const }]) {
      if (atMs < fromMs) continue
      const shows = request.kind === 'get' ? request.id === id : request.page === page
      if (!shows) continue
      longest = Math.max(longest, atMs - last)
      last = atMs
    }
  })
  return longest / 1000
}

describe('no migration starves', () => {
  test('however many there are for the budget, and however little happens to some', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 400 }),
        fc.constantFrom(0.05, 0.1, 0.3),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 15_000),
        (count, requestsPerSecond, everyNth, lagGoalMs) => {
          const list: Rows = {
            rows: Array.from({ length: count }, (_, index) =>
              row(`m${index}`, index % everyNth === 0 ? 'needs_input' : 'running', -3_000 * index),
            ),
          }
          const config = { requestsPerSecond, pageSize: PAGE, sweepEveryMs: 300_000, lagGoalMs }
          const planner = createPlanner(config, null, [], seeded(count))
          const endMs = 40_000_000
          const made = run(planner, list, endMs / 1000, () => undefined, {
            requestsPerSecond,
            tickMs: 10_000,
          })
          // At worst one after another on the floors' share alone, a page each, once each limit has passed.
          const boundS = WAITING_LIMIT_S + count / PAGE / (FLOOR_SHARE * requestsPerSecond) + LIMIT_S
          expect(longestUnread(made, list, endMs, endMs / 2)).toBeLessThan(boundS)
        },
      ),
      { numRuns: 20 },
    )
  }, 120_000)
})

describe('what is learned', () => {
  // Mean of |log(hazard / truth)| over the ages at which data lie: how far off the hazards are.
  const off = (hazards: Float64Array, truth: number, bins: readonly number[]) =>
    bins.reduce((sum, bin) => sum + Math.abs(Math.log((hazards[bin] ?? 0) / truth)), 0) / bins.length

  test('is never further from the truth than the prior, for any constant hazard and few or many lives', () => {
    fc.assert(
      fc.property(
        fc.double({ min: Math.log(30), max: Math.log(1e6), noNaN: true }),
        fc.integer({ min: 30, max: 2_000 }),
        (logMean, count) => {
          const mean = Math.exp(logMean)
          const survival = createSurvival(null)
          for (let index = 0; index < count; index += 1) {
            const life = -mean * Math.log(1 - (index + 0.5) / count)
            survival.addTime(RUNNING, 0, life)
            survival.addChange(RUNNING, ENDED, life)
          }
          const prior = createSurvival(null).hazards(RUNNING, ENDED)
          const bins = Array.from(prior.keys()).filter((bin) => {
            const age = 8 * (2 ** (bin / 2) - 1)
            return age > mean / 10 && age < 2 * mean
          })
          const learned = off(survival.hazards(RUNNING, ENDED), 1 / mean, bins)
          expect(learned).toBeLessThan(Math.max(0.5, off(prior, 1 / mean, bins)))
        },
      ),
    )
  })
})

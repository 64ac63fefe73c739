import { describe, expect, test } from 'vitest'

import { createRandom } from '../../../bench/planner/random.ts'
import { replay } from '../../../bench/planner/replay.ts'
import { SHAPES } from '../../../bench/planner/shapes.ts'
import { buildTrace, WORKLOADS } from '../../../bench/planner/workloads.ts'
import type { Forecast } from '../../../src/domain/planner/forecast.ts'
import { createPlanner } from '../../../src/domain/planner/planner.ts'

const EVERY_MS = 600_000

const known = new Map<string, ReturnType<typeof replayed>>()

function foretold(name: string, lagGoalMs: number) {
  const key = `${name} ${lagGoalMs}`
  const one = known.get(key) ?? replayed(name, lagGoalMs)
  known.set(key, one)
  return one
}

/** Replays a workload, and takes a forecast every ten minutes from the moment on from which delays count. */
function replayed(name: string, lagGoalMs: number) {
  const workload = [...WORKLOADS, ...SHAPES].find((one) => one.name === name)
  if (workload === undefined) throw new Error(`there is no workload ${name}`)
  const trace = buildTrace(workload, 400)
  const config = {
    requestsPerSecond: trace.budget.requests_per_second,
    pageSize: trace.page_size,
    sweepEveryMs: 300_000,
    lagGoalMs,
  }
  const planner = createPlanner(config, null, [], createRandom(1))
  const forecasts: Forecast[] = []
  let nextMs = 1000 * trace.warmup_s
  const watched = {
    ...planner,
    choose(nowMs: number, ...rest: [tokens: number, sweep: Parameters<typeof planner.choose>[2]]) {
      if (nowMs >= nextMs) forecasts.push(planner.forecast(nowMs))
      if (nowMs >= nextMs) nextMs += EVERY_MS
      return planner.choose(nowMs, ...rest)
    },
  }
  const outcome = replay(trace, name, watched)
  const mean = (of: (one: Forecast) => number) =>
    forecasts.reduce((sum, one) => sum + of(one), 0) / forecasts.length
  return {
    outcome,
    meanS: mean((one) => one.meanMs) / 1000,
    p99S: mean((one) => one.p99Ms) / 1000,
    utilisation: mean((one) => one.utilisation),
    forecasts,
  }
}

describe('forecast', () => {
  test.each([
    ['mixed-tight-large-pages', 0],
    ['mixed-tight-small-pages', 0],
    ['short-jobs', 0],
    ['short-jobs', 15_000],
    ['long-jobs-many-waiting', 0],
    ['heavy-tails', 0],
    ['heavy-tails', 15_000],
    ['constant-hazard', 0],
  ])(
    'of %s with a lag goal of %i ms comes true within a fifth in the mean',
    (name, lagGoalMs) => {
      const { outcome, meanS, p99S } = foretold(name, lagGoalMs)
      expect(outcome.ended).toBeGreaterThan(200)
      expect(meanS / outcome.mean).toBeGreaterThan(0.8)
      expect(meanS / outcome.mean).toBeLessThan(1.2)
      expect(p99S / outcome.p99).toBeGreaterThan(0.5)
      expect(p99S / outcome.p99).toBeLessThan(2)
    },
    60_000,
  )

  test('tells what of the budget is used', () => {
    const { outcome, utilisation } = foretold('short-jobs', 15_000)
    // Less than over all, for the first sweep is over.
    expect(utilisation).toBeLessThan(outcome.used)
    expect(utilisation).toBeGreaterThan(0.4 * outcome.used)
  }, 60_000)

  test('of half the budget is what half the budget gives', () => {
    const whole = foretold('short-jobs', 0)
    const half = whole.forecasts.map((one) => one.halfBudget.meanMs / one.meanMs)
    expect(Math.min(...half)).toBeGreaterThan(1.5)
    expect(Math.max(...half)).toBeLessThan(2.5)
  }, 60_000)
})

describe('a lag goal of 15 s', () => {
  test('is met where jobs are short, with a fifth of the budget', () => {
    const { outcome } = foretold('short-jobs', 15_000)
    expect(outcome.mean).toBeLessThan(15)
    expect(outcome.used).toBeLessThanOrEqual(0.2)
  }, 60_000)

  test('is met where jobs are few, with less than 60 % of the budget', () => {
    const outcomes = Array.from({ length: 16 }, (_, index) => fewJobs(index + 1))
    const ends = outcomes.reduce((sum, one) => sum + one.ended, 0)
    // A few dozen ends make no mean: sixteen times as many do.
    expect(outcomes.reduce((sum, one) => sum + one.mean * one.ended, 0) / ends).toBeLessThan(15)
    expect(outcomes.reduce((sum, one) => sum + one.used, 0) / outcomes.length).toBeLessThan(0.6)
  }, 60_000)
})

function fewJobs(seed: number) {
  const workload = WORKLOADS.find((one) => one.name === 'few-jobs')
  if (workload === undefined) throw new Error('there is no workload few-jobs')
  const config = {
    requestsPerSecond: workload.perSecond,
    pageSize: workload.pageSize,
    sweepEveryMs: 300_000,
    lagGoalMs: 15_000,
  }
  return replay(buildTrace(workload, seed), 'goal', createPlanner(config, null, [], createRandom(seed)))
}

import { expect, test } from 'vitest'

import { backoff, createTimers, fixed30 } from '../../bench/planner/timers.ts'
import { type Rows, row, run, seeded } from '../domain/planner/small-provider.ts'

const few = (): Rows => ({ rows: ['a', 'b', 'c'].map((id, index) => row(id, 'running', -60 * index)) })

test('fixed reads every live migration every 30 s', () => {
  const planner = createTimers(fixed30, seeded(1), true)
  const made = run(planner, few(), 310)
  const reads = made.filter(({ request }) => request.kind === 'get' && request.id === 'b')
  expect(reads.length).toBeGreaterThanOrEqual(9)
  expect(reads.length).toBeLessThanOrEqual(10)
})

test('backoff waits longer from reading to reading, and begins anew after a change', () => {
  const planner = createTimers(backoff, seeded(1), true)
  const list = few()
  const made = run(planner, list, 2_000, (atMs) => {
    if (atMs === 1_000_000) list.rows = [row('a', 'needs_input', 0), ...list.rows.slice(1)]
  })
  const at = made.flatMap((one) => (one.request.kind === 'get' && one.request.id === 'a' ? [one.atMs] : []))
  const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0))
  expect(waits[0]).toBeLessThan(waits[3] ?? 0)
  const after = at.findIndex((time) => time > 1_030_000)
  expect((at[after] ?? 0) - (at[after - 1] ?? 0)).toBeLessThan(120_000)
})

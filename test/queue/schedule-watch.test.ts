import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Schedule } from '../../src/queue/queue.ts'
import { createScheduleWatch } from '../../src/queue/schedule-watch.ts'

const wanted: Schedule[] = [{ account: 'acme', task: 'plan', everyMs: 1_000 }]
const id = 'plan-acme'
let look: ReturnType<typeof createScheduleWatch>

beforeEach(() => {
  vi.useFakeTimers()
  look = createScheduleWatch()
})
afterEach(() => {
  vi.useRealTimers()
})

function see(nextRun: number | null, { paused = false, others = [] as string[] } = {}) {
  const nextRuns = new Map(others.map((other) => [other, Date.now()]))
  if (nextRun !== null) nextRuns.set(id, nextRun)
  return look({ wanted, nextRuns, paused }, wanted)
}

test('a schedule that moves is fine, however wrong the clocks are', () => {
  for (const offMs of [0, -3_600_000, 3_600_000]) {
    for (let i = 0; i < 20; i++) {
      expect(see(Date.now() + offMs)).toEqual({ differs: false, suspects: new Set(), isOverdue: false })
      vi.advanceTimersByTime(1_000)
    }
  }
})

test('a schedule that is overdue and does not move is suspect after seconds', () => {
  const nextRun = Date.now() + 500
  for (let i = 0; i < 4; i++) {
    expect(see(nextRun).isOverdue).toBe(false)
    vi.advanceTimersByTime(1_000)
  }
  expect(see(nextRun)).toEqual({ differs: false, suspects: new Set([id]), isOverdue: true })
})

test('a schedule seen overdue for the first time gets its chance', () => {
  expect(see(Date.now() - 60_000).suspects).toEqual(new Set())
})

test('a schedule that waits for a time an hour away, as the clock was set back, is suspect', () => {
  const nextRun = Date.now() + 3_600_000
  expect(see(nextRun).suspects).toEqual(new Set())
  vi.advanceTimersByTime(5_000)
  expect(see(nextRun)).toEqual({ differs: false, suspects: new Set([id]), isOverdue: false })
})

test('a queue paused by an operator is nobody’s fault', () => {
  const nextRun = Date.now()
  see(nextRun)
  vi.advanceTimersByTime(60_000)
  expect(see(nextRun, { paused: true })).toEqual({ differs: false, suspects: new Set(), isOverdue: false })
})

test('schedules that are missing, or there without being wanted, differ', () => {
  expect(see(null).differs).toBe(true)
  expect(see(Date.now(), { others: ['plan-gone'] }).differs).toBe(true)
})

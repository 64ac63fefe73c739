import { expect, test } from 'vitest'
import { createFetchWatch } from '../../src/queue/fetch-watch.ts'
import type { QueueName } from '../../src/queue/names.ts'

const state = (waiting: number, { active = 0, isPaused = false } = {}) => {
  let taken = 0
  const queue = { getWaitingCount: async () => waiting, isPaused: async () => isPaused }
  const watch = createFetchWatch(
    { schedule: queue, requests: queue, deliveries: queue },
    { queues: ['schedule', 'requests'] as QueueName[], takenFrom: () => taken, activeIn: () => active },
    { schedule: 10, requests: 50, deliveries: 50 },
  )
  const look = async (times: number, isOverdue = false) => {
    let isStuck = false
    for (let i = 0; i < times; i++) isStuck = await watch(isOverdue)
    return isStuck
  }
  return { look, take: () => taken++ }
}

test('a worker that takes none of the jobs that wait is stuck', async () => {
  const { look } = state(3)
  expect(await look(9)).toBe(false)
  expect(await look(1)).toBe(true)
})

test('a worker that takes one now and then is not', async () => {
  const { look, take } = state(3)
  for (let i = 0; i < 5; i++) {
    expect(await look(7)).toBe(false)
    take()
  }
})

test('a worker without jobs, without free places, or paused by an operator is not', async () => {
  expect(await state(0).look(30)).toBe(false)
  expect(await state(3, { active: 50 }).look(30)).toBe(false)
  expect(await state(3, { isPaused: true }).look(30)).toBe(false)
})

test('a worker that leaves overdue schedules lying is stuck', async () => {
  expect(await state(0).look(30, true)).toBe(true)
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JobQueueService } from '../../src/queue/create-queue.ts'
import type { JobHandlers, Schedule } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'
import { createPlace, kinds, type Place } from './places.ts'

describe.each(kinds)('schedules on %s', (kind) => {
  let place: Place
  const running: JobQueueService[] = []
  const ticks: Array<{ task: string; account: string; atMs: number }> = []
  const record = (task: string) => async (account: string) => {
    ticks.push({ task, account, atMs: performance.now() })
  }
  const handlers: JobHandlers = { plan: record('plan'), sweep: record('sweep') }

  beforeEach(async () => {
    place = await createPlace(kind)
    ticks.length = 0
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((queue) => queue.stop()))
    await place.close()
  })

  async function startQueue(own: JobHandlers = handlers): Promise<JobQueueService> {
    const queue = place.createQueue(own)
    running.push(queue)
    await queue.start()
    return queue
  }

  async function nextTicks(account: string, count: number, timeoutMs = 10_000): Promise<number[]> {
    const from = ticks.length
    const later = () => ticks.slice(from).filter((tick) => tick.account === account)
    await waitFor(() => later().length >= count, { what: `${count} ticks of ${account}`, timeoutMs })
    return later().map((tick) => tick.atMs)
  }

  test('tick at their interval, the first time at once', async () => {
    const queue = await startQueue()
    const beginMs = performance.now()
    await queue.setSchedules([plan('acme', 300), { account: 'acme', task: 'sweep', everyMs: 3_600_000 }])
    await waitFor(() => ticks.some((tick) => tick.task === 'sweep'), { what: 'the first sweep' })
    const [first = 0, ...others] = await nextTicks('acme', 6)
    expect(first - beginMs).toBeLessThan(1_000)
    expect((others.at(-1) ?? 0) - first).toBeGreaterThan(4 * 300 - 150)
    expect(ticks.filter((tick) => tick.task === 'sweep')).toHaveLength(1)
  })

  test('become what was set: added, altered and removed', async () => {
    const queue = await startQueue()
    await queue.setSchedules([plan('a', 200), plan('b', 200), plan('c', 3_600_000)])
    await nextTicks('a', 2)
    await nextTicks('b', 2)
    await queue.setSchedules([plan('b', 200), plan('c', 200), plan('d', 200)])
    await Promise.all(['b', 'c', 'd'].map((account) => nextTicks(account, 3)))
    const from = ticks.length
    await nextTicks('b', 4)
    expect(ticks.slice(from).some((tick) => tick.account === 'a')).toBe(false)
    await queue.setSchedules([])
    const after = ticks.length
    // A tick that was on its way may still come, and no more.
    const marker = plan('marker', 100)
    await queue.setSchedules([marker])
    await nextTicks('marker', 10)
    expect(ticks.slice(after).filter((tick) => tick.account !== 'marker').length).toBeLessThanOrEqual(3)
  })

  test('keep their rhythm however often they are set', async () => {
    const queue = await startQueue()
    const wanted = [plan('acme', 400)]
    await queue.setSchedules(wanted)
    const from = ticks.length
    while (ticks.length < from + 6) await queue.setSchedules(wanted)
    const gaps = ticks.slice(from + 1).map((tick, i) => tick.atMs - (ticks[from + i]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(200)
    expect(Math.max(...gaps)).toBeLessThan(1_500)
  })

  test('go on ticking when eight processes set them at once', async () => {
    const queues = await Promise.all(Array.from({ length: 8 }, () => startQueue()))
    for (let round = 0; round < 6; round++) {
      const wanted = [plan('acme', 250), plan(`extra${round}`, 250)]
      await Promise.all(queues.map((queue) => queue.setSchedules(wanted)))
      await Promise.all([nextTicks('acme', 4, 5_000), nextTicks(`extra${round}`, 4, 5_000)])
    }
    const from = ticks.length
    await nextTicks('acme', 8)
    const last = ticks.slice(from).filter((tick) => tick.account === 'acme')
    // Each tick runs in one of the eight.
    expect((last.at(-1)?.atMs ?? 0) - (last[0]?.atMs ?? 0)).toBeGreaterThan(6 * 250)
    expect(ticks.slice(from).some((tick) => tick.account === 'extra0')).toBe(false)
  })

  test('are kept also by processes that did not set them', async () => {
    const setter = await startQueue()
    const other = await startQueue()
    await setter.setSchedules([plan('acme', 200)])
    await nextTicks('acme', 8)
    await setter.stop()
    await place.lose()
    await nextTicks('acme', 5)
    expect(other.isConnected()).toBe(true)
  })

  test('that were replaced by another process do not come back from the one that set them first', async () => {
    const [first, second] = await Promise.all([startQueue(), startQueue()])
    await first.setSchedules([plan('old', 200)])
    await nextTicks('old', 2)
    await second.setSchedules([plan('new', 200)])
    await nextTicks('new', 8)
    await place.lose()
    await nextTicks('new', 12)
    const from = ticks.length
    await nextTicks('new', 8)
    expect(ticks.slice(from).some((tick) => tick.account === 'old')).toBe(false)
  })

  test('that stopped because their next job got lost go on', async () => {
    const queue = await startQueue()
    await queue.setSchedules([plan('acme', 200)])
    for (let round = 0; round < 2; round++) {
      await nextTicks('acme', 2)
      await place.loseTicks()
      await nextTicks('acme', 4)
    }
  })

  test('neither fall silent nor burst when the clock is set, forth or back', async () => {
    const queue = await startQueue()
    await queue.setSchedules([plan('acme', 300)])
    await nextTicks('acme', 3)
    try {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
      // Only what `Date` says is set; nothing else may keep it from going on.
      const clock = setInterval(() => vi.setSystemTime(Date.now() + 20), 20)
      const [first = 0, ...later] = await nextTicks('acme', 8)
      expect((later.at(-1) ?? 0) - first).toBeGreaterThan(4 * 300)
      clearInterval(clock)
    } finally {
      vi.useRealTimers()
    }
    const [first = 0, ...later] = await nextTicks('acme', 8, 15_000)
    expect((later.at(-1) ?? 0) - first).toBeGreaterThan(4 * 300)
  })

  test('do not pile up behind a slow tick, nor hold up those of others', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>()
    let slow = 0
    const queue = await startQueue({
      ...handlers,
      plan: async (account) => {
        if (account === 'slow' && ++slow === 1) await release
        else await record('plan')(account)
      },
    })
    await queue.setSchedules([plan('slow', 100), plan('quick', 100)])
    await nextTicks('quick', 20)
    expect(slow).toBe(1)
    resolve()
    const [first = 0, ...later] = await nextTicks('slow', 6)
    // Not in a burst.
    expect((later.at(-1) ?? 0) - first).toBeGreaterThan(300)
  })
})

function plan(account: string, everyMs: number): Schedule {
  return { account, task: 'plan', everyMs }
}

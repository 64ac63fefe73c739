import { describe, expect, test } from 'vitest'
import type { Schedule } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'
import { inPlace, kinds, type Place } from './places.ts'
import { createTicks, spanOf } from './ticks.ts'

const plan = (account: string, everyMs: number): Schedule => ({ account, task: 'plan', everyMs })

describe.concurrent.each(kinds)('schedules on %s', { timeout: 120_000 }, (kind) => {
  const inOne = (body: (place: Place, ticks: ReturnType<typeof createTicks>) => Promise<void>) =>
    inPlace(kind, (place) => body(place, createTicks()))

  test(
    'tick at their interval, the first time at once',
    inOne(async (place, ticks) => {
      const queue = await place.startQueue(ticks.handlers)
      const beginMs = performance.now()
      await queue.setSchedules([plan('acme', 300), { account: 'acme', task: 'sweep', everyMs: 3_600_000 }])
      await waitFor(() => ticks.all.length >= 8, { what: 'a sweep and seven ticks' })
      const plans = ticks.all.filter((tick) => tick.task === 'plan').map((tick) => tick.atMs)
      expect((plans[0] ?? 0) - beginMs).toBeLessThan(2_000)
      expect(spanOf(plans.slice(0, 7))).toBeGreaterThan(5 * 300)
      expect(ticks.all.filter((tick) => tick.task === 'sweep')).toHaveLength(1)
    }),
  )

  test(
    'need not belong to an account',
    inOne(async (place, ticks) => {
      let runs = 0
      const retention = async () => {
        runs += 1
      }
      const queue = await place.startQueue({ ...ticks.handlers, retention })
      await queue.setSchedules([plan('acme', 300), { account: null, task: 'retention', everyMs: 250 }])
      await waitFor(() => runs >= 3, { what: 'three runs' })
      await queue.setSchedules([plan('acme', 300)])
      await ticks.next('acme', 3)
      const before = runs
      await ticks.next('acme', 3)
      expect(runs).toBe(before)
    }),
  )

  test(
    'become what was set: added, altered and removed',
    inOne(async (place, ticks) => {
      const queue = await place.startQueue(ticks.handlers)
      await queue.setSchedules([plan('a', 200), plan('b', 200), plan('c', 3_600_000)])
      await Promise.all([ticks.next('a', 2), ticks.next('b', 2)])
      await queue.setSchedules([plan('b', 200), plan('c', 200), plan('d', 200)])
      await Promise.all(['b', 'c', 'd'].map((account) => ticks.next(account, 3)))
      const from = ticks.all.length
      await ticks.next('b', 4)
      expect(ticks.all.slice(from).some((tick) => tick.account === 'a')).toBe(false)
      await queue.setSchedules([plan('last', 100)])
      // One tick of each may have been on its way.
      await ticks.next('last', 3)
      const after = ticks.all.length
      await ticks.next('last', 5)
      expect(ticks.all.slice(after).filter((tick) => tick.account !== 'last')).toEqual([])
    }),
  )

  test(
    'keep their rhythm however often they are set',
    inOne(async (place, ticks) => {
      const queue = await place.startQueue(ticks.handlers)
      const wanted = [plan('acme', 400)]
      await queue.setSchedules(wanted)
      let times = 0
      for (; ticks.all.length < 7; times++) await queue.setSchedules(wanted)
      expect(times).toBeGreaterThan(10)
      expect(spanOf(ticks.all.slice(1).map((tick) => tick.atMs))).toBeGreaterThan(4 * 400)
    }),
  )

  test(
    'go on ticking when eight processes set them at once',
    inOne(async (place, ticks) => {
      const queues = await Promise.all(Array.from({ length: 8 }, () => place.startQueue(ticks.handlers)))
      for (let round = 0; round < 6; round++) {
        const wanted = [plan('acme', 250), plan(`extra${round}`, 250)]
        await Promise.all(queues.map((queue) => queue.setSchedules(wanted)))
        await Promise.all([ticks.next('acme', 3), ticks.next(`extra${round}`, 3)])
      }
      const from = ticks.all.length
      const last = await ticks.next('acme', 8)
      expect(spanOf(last)).toBeGreaterThan(5 * 250)
      expect(ticks.all.slice(from).some((tick) => tick.account === 'extra0')).toBe(false)
    }),
  )

  test(
    'are kept also by processes that did not set them',
    inOne(async (place, ticks) => {
      const setter = await place.startQueue(ticks.handlers)
      await place.startQueue(ticks.handlers)
      await setter.setSchedules([plan('acme', 200)])
      // Time for the other one to see them.
      await ticks.next('acme', 10)
      await setter.stop()
      await place.lose()
      await ticks.next('acme', 5)
    }),
  )

  test(
    'that another process replaced do not come back from the one that had set them',
    inOne(async (place, ticks) => {
      const first = await place.startQueue(ticks.handlers)
      const second = await place.startQueue(ticks.handlers)
      await first.setSchedules([plan('old', 200)])
      await ticks.next('old', 2)
      await second.setSchedules([plan('new', 200)])
      await ticks.next('new', 10)
      await place.lose()
      await ticks.next('new', 5)
      const from = ticks.all.length
      await ticks.next('new', 10)
      expect(ticks.all.slice(from).some((tick) => tick.account === 'old')).toBe(false)
    }),
  )

  test(
    'that stopped because their next job got lost go on',
    inOne(async (place, ticks) => {
      const queue = await place.startQueue(ticks.handlers)
      await queue.setSchedules([plan('acme', 200)])
      await ticks.next('acme', 2)
      await place.loseTicks()
      await ticks.next('acme', 4)
    }),
  )

  test(
    'do not pile up behind a slow tick, nor hold up those of others',
    inOne(async (place, ticks) => {
      const { promise: release, resolve } = Promise.withResolvers<void>()
      let slow = 0
      const queue = await place.startQueue({
        ...ticks.handlers,
        plan: async (account) => {
          if (account === 'slow' && ++slow === 1) await release
          else await ticks.handlers.plan(account)
        },
      })
      await queue.setSchedules([plan('slow', 100), plan('quick', 100)])
      await ticks.next('quick', 25)
      expect(slow).toBe(1)
      resolve()
      // Not in a burst.
      expect(spanOf(await ticks.next('slow', 6))).toBeGreaterThan(300)
    }),
  )
})

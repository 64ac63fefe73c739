import { describe, expect, test } from 'vitest'
import type { DeliveryJob, RequestJob } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'
import { inPlace, kinds, type Place } from './places.ts'

describe.concurrent.each(kinds)('jobs on %s', { timeout: 120_000 }, (kind) => {
  const inOne = (body: (place: Place) => Promise<void>) => inPlace(kind, body)

  test(
    'reach their handler as they were added',
    inOne(async (place) => {
      const requests: RequestJob[] = []
      const deliveries: DeliveryJob[] = []
      const queue = await place.startQueue({
        request: async (job) => void requests.push(job),
        deliver: async (job) => void deliveries.push(job),
      })
      await queue.addRequests([request('7', 3), { kind: 'sweep', account: 'acme', key: 'acme', claim: 1 }])
      await queue.addDeliveries([{ deliveryId: '12', claim: 2 }])
      await waitFor(() => requests.length === 2 && deliveries.length === 1, {
        what: 'all three jobs',
        timeoutMs: 60_000,
      })
      expect(requests).toEqual(
        expect.arrayContaining([request('7', 3), { kind: 'sweep', account: 'acme', key: 'acme', claim: 1 }]),
      )
      expect(deliveries).toEqual([{ deliveryId: '12', claim: 2 }])
    }),
  )

  test(
    'that are in the queue already are not added again',
    inOne(async (place) => {
      const adder = await place.startQueue()
      await adder.addRequests([request('1', 1), request('1', 1), request('1', 2)])
      await adder.addRequests([request('1', 1)])
      expect(await adder.waiting('requests')).toBe(2)
      const claims: number[] = []
      await place.startQueue({ request: async (job) => void claims.push(job.claim) })
      await waitFor(async () => claims.length >= 2 && (await place.countJobs()) === 0, {
        what: 'an empty queue',
      })
      expect(claims.sort()).toEqual([1, 2])
    }),
  )

  test(
    'in their thousands are counted and all done once',
    inOne(async (place) => {
      const adder = await place.startQueue()
      await adder.addRequests(Array.from({ length: 2_000 }, (_, i) => request(String(i), 1)))
      expect(await adder.waiting('requests')).toBe(2_000)
      expect(await adder.waiting('deliveries')).toBe(0)
      const keys: string[] = []
      const handlers = { request: async (job: RequestJob) => void keys.push(job.key) }
      await Promise.all([place.startQueue(handlers), place.startQueue(handlers)])
      await waitFor(() => keys.length >= 2_000, { what: 'all jobs', timeoutMs: 60_000 })
      expect(new Set(keys).size).toBe(2_000)
      expect(keys).toHaveLength(2_000)
    }),
  )

  test(
    'are shared by processes, and each runs once',
    inOne(async (place) => {
      const runs: Array<{ by: string; key: string }> = []
      const busy = async (by: string, job: RequestJob) => {
        runs.push({ by, key: job.key })
        // Both have fewer places than there are jobs, so that neither can take all.
        await waitFor(() => new Set(runs.map((run) => run.by)).size === 2, { what: 'both processes to work' })
      }
      const options = { concurrency: { requests: 10 } }
      const [a] = await Promise.all([
        place.startQueue({ request: (job) => busy('a', job) }, options),
        place.startQueue({ request: (job) => busy('b', job) }, options),
      ])
      await a.addRequests(Array.from({ length: 60 }, (_, i) => request(String(i), 1)))
      await waitFor(() => runs.length >= 60, { what: 'all jobs' })
      await waitFor(async () => (await place.countJobs()) === 0, { what: 'an empty queue' })
      expect(new Set(runs.map((run) => run.key)).size).toBe(60)
      expect(runs).toHaveLength(60)
    }),
  )

  test(
    'whose handler throws are logged in one line and dropped',
    inOne(async (place) => {
      let runs = 0
      const queue = await place.startQueue({
        deliver: async () => {
          runs++
          throw new Error('no such hook')
        },
      })
      await queue.addDeliveries([{ deliveryId: '5', claim: 1 }])
      await waitFor(async () => runs > 0 && (await place.countJobs()) === 0, {
        what: 'the job to be dropped',
      })
      const lines = place.logged.filter(({ msg }) => msg === 'job.failed')
      expect(lines).toEqual([expect.objectContaining({ queue: 'deliveries', job: 'deliver-5-1' })])
      expect(lines[0]).toHaveProperty('err.message', 'no such hook')
      // The id can be used again.
      await queue.addDeliveries([{ deliveryId: '5', claim: 1 }])
      await waitFor(() => runs === 2, { what: 'the second run' })
    }),
  )

  test(
    'at work are awaited by stop, and no new ones are taken',
    inOne(async (place) => {
      const { promise: release, resolve } = Promise.withResolvers<void>()
      const begun: string[] = []
      const ended: string[] = []
      const queue = await place.startQueue({
        request: async (job) => {
          begun.push(job.key)
          await release
          ended.push(job.key)
        },
      })
      await queue.addRequests([request('1', 1), request('2', 1)])
      await waitFor(() => begun.length === 2, { what: 'both jobs to begin' })
      const adder = await place.startQueue()
      const stopped = queue.stop()
      await expect(queue.addRequests([request('3', 1)])).rejects.toThrow('stopped')
      await adder.addRequests([request('3', 1)])
      resolve()
      await stopped
      expect(ended.sort()).toEqual(['1', '2'])
      expect(begun).toHaveLength(2)
      expect(await adder.waiting('requests')).toBe(1)
      expect(await place.countJobs()).toBe(1)
    }),
  )

  test(
    'that do not end are told to, after the grace',
    inOne(async (place) => {
      let reason: unknown
      const queue = await place.startQueue(
        {
          request: async (_job, signal) => {
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            reason = signal.reason
            signal.throwIfAborted()
          },
        },
        { graceMs: 200 },
      )
      await queue.addRequests([request('1', 1)])
      await waitFor(async () => (await queue.waiting('requests')) === 0, { what: 'the job to begin' })
      await queue.stop()
      expect(reason).toEqual(new Error('landfall is stopping'))
      expect(place.logged.filter(({ msg }) => msg === 'job.failed')).toEqual([])
    }),
  )

  test(
    'are not taken before start, nor after a stop that came first',
    inOne(async (place) => {
      const queue = place.createQueue({ request: async () => {} })
      expect(queue.isConnected()).toBe(false)
      await expect(queue.addRequests([request('1', 1)])).rejects.toThrow('out of reach')
      await queue.stop()
      await queue.stop()
      await queue.start()
      expect(queue.isConnected()).toBe(false)
    }),
  )
})

function request(key: string, claim: number): RequestJob {
  return { kind: 'get', account: 'acme', key, claim }
}

import { describe, expect, test } from 'vitest'
import type { JobQueueService } from '../../src/queue/create-queue.ts'
import type { Schedule } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'
import { inPlace, kinds, type Place } from './places.ts'

/** The contract says 10 s; a busy machine may need more to show it. */
const recoveryMs = 25_000
const schedules: Schedule[] = [
  { account: 'acme', task: 'plan', everyMs: 250 },
  { account: 'acme', task: 'sweep', everyMs: 3_600_000 },
]

/** Queues that tick and carry requests, and a look whether they do. */
function createWork(place: Place) {
  const done = { ticks: 0, requests: 0 }
  let claims = 0
  const handlers = {
    plan: async () => void done.ticks++,
    sweep: async () => {},
    request: async () => void done.requests++,
  }
  const startQueue = () => place.startQueue(handlers)

  /** Jobs may get lost, as the planner plans again; but the queue must come to carry them. */
  async function expectWork(queue: JobQueueService, timeoutMs = recoveryMs): Promise<void> {
    const { ticks, requests } = done
    const goOn = async () => {
      if (done.requests < requests + 3) await queue.addRequests([get('1', ++claims)])
      return done.ticks >= ticks + 3 && done.requests >= requests + 3
    }
    await waitFor(goOn, { what: 'ticks and requests', timeoutMs })
  }

  async function start(): Promise<JobQueueService> {
    const queue = await startQueue()
    await queue.setSchedules(schedules)
    await expectWork(queue)
    return queue
  }

  return { handlers, start, startQueue, expectWork }
}

const get = (key: string, claim: number) => ({ kind: 'get' as const, account: 'acme', key, claim })

async function notice(queue: JobQueueService): Promise<void> {
  await waitFor(() => !queue.isConnected(), { what: 'the loss to be noticed', timeoutMs: recoveryMs })
}

describe.concurrent.each(kinds)('a queue on %s', { timeout: 120_000 }, (kind) => {
  const inOne = (body: (place: Place, work: ReturnType<typeof createWork>) => Promise<void>) =>
    inPlace(kind, (place) => body(place, createWork(place)))

  test(
    'works on after everything in its store is gone, again and again',
    inOne(async (place, work) => {
      const queue = await work.start()
      for (let round = 0; round < 3; round++) {
        await place.lose()
        await work.expectWork(queue)
      }
    }),
  )

  test(
    'works on after its store is gone under eight processes at once',
    inOne(async (place, work) => {
      const queue = await work.start()
      await Promise.all(Array.from({ length: 7 }, work.startQueue))
      await place.lose()
      await work.expectWork(queue)
    }),
  )

  test(
    'works on after its connections are terminated, again and again',
    inOne(async (place, work) => {
      const queue = await work.start()
      for (let round = 0; round < 4; round++) {
        await place.terminate()
        await work.expectWork(queue)
      }
    }),
  )

  test(
    'works on after the server was away for a moment',
    inOne(async (place, work) => {
      const queue = await work.start()
      await place.proxy.refuse()
      await place.proxy.restore()
      await work.expectWork(queue)
    }),
  )

  test(
    'notices that the server is away, says so now and then, and works on when it is back',
    inOne(async (place, work) => {
      const queue = await work.start()
      const logged = place.logged.length
      await place.proxy.refuse()
      await notice(queue)
      await expect(queue.addRequests([get('lost', 1)])).rejects.toThrow('out of reach')
      await expect(queue.waiting('requests')).rejects.toThrow('out of reach')
      const isTold = () => place.logged.some(({ msg }) => msg === 'queue.unreachable')
      await waitFor(isTold, { what: 'a complaint' })
      await place.proxy.restore()
      await work.expectWork(queue)
      expect(place.logged.length - logged).toBeLessThan(12)
      expect(queue.isConnected()).toBe(true)
    }),
  )

  test(
    'works on after the server fell silent',
    inOne(async (place, work) => {
      const queue = await work.start()
      place.proxy.silence()
      await expect(queue.addRequests([get('lost', 1)])).rejects.toThrow('longer than')
      await notice(queue)
      await place.proxy.restore()
      await work.expectWork(queue)
    }),
  )

  test(
    'replaces connections that fell silent while the server is there',
    inOne(async (place, work) => {
      const queue = await work.start()
      place.proxy.strand()
      await work.expectWork(queue)
    }),
  )

  test(
    'starts without its server, and works when it comes',
    inOne(async (place, work) => {
      await place.proxy.refuse()
      const queue = place.createQueue(work.handlers)
      await queue.start()
      expect(queue.isConnected()).toBe(false)
      await queue.setSchedules(schedules)
      expect(place.logged.some(({ msg }) => msg === 'schedules.delayed')).toBe(true)
      await place.proxy.restore()
      await work.expectWork(queue)
    }),
  )

  test(
    'stops in seconds while its server is away or silent',
    inOne(async (place, work) => {
      for (const spoil of [place.proxy.refuse, async () => place.proxy.silence()]) {
        const queue = await work.start()
        await spoil()
        const beginMs = performance.now()
        await queue.stop()
        expect(performance.now() - beginMs).toBeLessThan(5_000)
        await place.proxy.restore()
      }
    }),
  )

  test(
    'lets a job at work end although the server went away under it',
    inOne(async (place) => {
      const { promise: release, resolve } = Promise.withResolvers<void>()
      const steps: string[] = []
      const queue = await place.startQueue({
        request: async (_job, signal) => {
          steps.push('begun')
          await release
          steps.push(signal.aborted ? 'aborted' : 'ended')
        },
      })
      await queue.addRequests([get('1', 1)])
      await waitFor(() => steps.length === 1, { what: 'the job to begin' })
      await place.proxy.refuse()
      await notice(queue)
      const stopped = queue.stop().then(() => steps.push('stopped'))
      await expect(queue.addRequests([get('2', 1)])).rejects.toThrow('stopped')
      resolve()
      await stopped
      expect(steps).toEqual(['begun', 'ended', 'stopped'])
    }),
  )

  test.runIf(kind === 'redis')(
    'works on after its server was killed and restarted',
    inOne(async (place, work) => {
      const queue = await work.start()
      await place.redis?.kill()
      await place.redis?.restart()
      await work.expectWork(queue)
      await place.redis?.kill()
      await notice(queue)
      await place.redis?.restart()
      await work.expectWork(queue)
    }),
  )
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JobQueueService } from '../../src/queue/create-queue.ts'
import type { JobHandlers, Schedule } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'
import { createPlace, kinds, type Place } from './places.ts'

/** What the contract allows. */
const recoveryMs = 10_000

describe.each(kinds)('a queue on %s', (kind) => {
  let place: Place
  const running: JobQueueService[] = []
  let ticks = 0
  let requests = 0
  const handlers: JobHandlers = {
    plan: async () => void ticks++,
    sweep: async () => {},
    request: async () => void requests++,
  }
  const schedules: Schedule[] = [
    { account: 'acme', task: 'plan', everyMs: 250 },
    { account: 'acme', task: 'sweep', everyMs: 3_600_000 },
  ]

  beforeEach(async () => {
    place = await createPlace(kind)
  })
  afterEach(async () => {
    await place.proxy.restore()
    await Promise.all(running.splice(0).map((queue) => queue.stop()))
    await place.close()
  })

  async function startQueue(own: JobHandlers = handlers): Promise<JobQueueService> {
    const queue = place.createQueue(own)
    running.push(queue)
    await queue.start()
    return queue
  }

  let claims = 0
  /** Jobs may get lost, as the planner plans again; but the queue must come to carry them. */
  async function expectWork(queue: JobQueueService, timeoutMs = recoveryMs): Promise<void> {
    const before = { ticks, requests }
    await waitFor(
      async () => {
        if (requests < before.requests + 3) {
          await queue.addRequests([{ kind: 'get', account: 'acme', key: '1', claim: ++claims }])
        }
        return ticks >= before.ticks + 3 && requests >= before.requests + 3
      },
      { what: 'ticks and requests', timeoutMs },
    )
  }

  async function startWorking(): Promise<JobQueueService> {
    const queue = await startQueue()
    await queue.setSchedules(schedules)
    await expectWork(queue)
    return queue
  }

  test('works on after everything in its store is gone, again and again', async () => {
    const queue = await startWorking()
    for (let round = 0; round < 3; round++) {
      await place.lose()
      await expectWork(queue)
    }
  })

  test('works on after the store is gone under eight processes at once', async () => {
    const queue = await startWorking()
    await Promise.all(Array.from({ length: 7 }, () => startQueue()))
    for (let round = 0; round < 2; round++) {
      await place.lose()
      await expectWork(queue)
    }
  })

  test('works on after its connections are terminated, again and again', async () => {
    const queue = await startWorking()
    for (let round = 0; round < 5; round++) {
      await place.terminate()
      await expectWork(queue)
    }
  })

  test('works on after the server was away for a moment', async () => {
    const queue = await startWorking()
    await place.proxy.refuse()
    await place.proxy.restore()
    await expectWork(queue)
  })

  test('notices that the server is away, says so now and then, and works on when it is back', async () => {
    const queue = await startWorking()
    const loggedBefore = place.logged.length
    await place.proxy.refuse()
    await waitFor(() => !queue.isConnected(), { what: 'the loss to be noticed' })
    await expect(queue.addRequests([])).resolves.toBeUndefined()
    await expect(queue.waiting('requests')).rejects.toThrow('out of reach')
    await waitFor(() => countLogged('queue.unreachable') > 0, { what: 'a complaint' })
    await place.proxy.restore()
    await expectWork(queue)
    expect(place.logged.length - loggedBefore).toBeLessThan(12)
    expect(queue.isConnected()).toBe(true)
  })

  test('works on after the server fell silent', async () => {
    const queue = await startWorking()
    place.proxy.silence()
    await expect(
      queue.addRequests([{ kind: 'get', account: 'acme', key: 'lost', claim: 1 }]),
    ).rejects.toThrow('longer than')
    await waitFor(() => !queue.isConnected(), { what: 'the silence to be noticed', timeoutMs: 15_000 })
    await place.proxy.restore()
    await expectWork(queue)
  })

  test('replaces connections that went silent while the server is there', async () => {
    const queue = await startWorking()
    place.proxy.strand()
    await expectWork(queue)
  })

  test('starts without its server, and works when it comes', async () => {
    await place.proxy.refuse()
    const queue = await startQueue()
    expect(queue.isConnected()).toBe(false)
    const stored = queue.setSchedules(schedules)
    await place.proxy.restore()
    await stored
    await expectWork(queue)
  })

  test('stores schedules that could not be stored when they were set', async () => {
    await place.proxy.refuse()
    const queue = await startQueue()
    await queue.setSchedules(schedules)
    expect(countLogged('schedules.delayed')).toBe(1)
    await place.proxy.restore()
    await expectWork(queue)
  })

  test('stops in a few seconds while its server is away or silent', async () => {
    for (const spoil of [place.proxy.refuse, async () => place.proxy.silence()]) {
      const queue = await startWorking()
      await spoil()
      const beginMs = performance.now()
      await queue.stop()
      expect(performance.now() - beginMs).toBeLessThan(6_000)
      await place.proxy.restore()
    }
  })

  test('lets a job at work end also when the server went away under it', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>()
    let begun = false
    let ended = false
    const queue = await startQueue({
      request: async () => {
        begun = true
        await release
        ended = true
      },
    })
    await queue.addRequests([{ kind: 'get', account: 'acme', key: '1', claim: 1 }])
    await waitFor(() => begun, { what: 'the job to begin' })
    await place.proxy.refuse()
    await waitFor(() => !queue.isConnected(), { what: 'the loss to be noticed' })
    const stopped = queue.stop()
    resolve()
    await stopped
    expect(ended).toBe(true)
  })

  test.runIf(kind === 'redis')('works on after its server was killed and restarted', async () => {
    const queue = await startWorking()
    await place.redis?.kill()
    await place.redis?.restart()
    await expectWork(queue)
    await place.redis?.kill()
    await waitFor(() => !queue.isConnected(), { what: 'the loss to be noticed' })
    await place.redis?.restart()
    await expectWork(queue)
  })

  function countLogged(message: string): number {
    return place.logged.filter(({ msg }) => msg === message).length
  }
})

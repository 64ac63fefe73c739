import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
import { measureLag } from '../support/measure-lag.ts'
import { redisUrl } from '../support/redis.ts'
import { sendToRedis } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, expectPromisesKept, startRedis, waitForTruth } from '../support/world.ts'

test.skipIf(redisUrl() === null)(
  'FLUSHALL every 5 s for a minute: work goes on all the time, and nothing is lost',
  async ({ onTestFinished: after }) => {
    const redis = await startRedis(after)
    const world = await createWorld(after, {
      simulator: { migrations: 300, history: 60, arrivalS: 1_200, typicalLifeS: 300, speed: 20 },
      redisUrl: redis.url,
    })
    const { db, simulator } = world
    const daemon = startDaemonChild(world.config)
    after(daemon.kill)
    await daemon.ready
    await waitFor(() => simulator.requests().length > 20, { what: 'work', timeoutMs: 20_000 })

    const fromMs = Date.now()
    for (let flush = 1; flush <= 12; flush += 1) {
      await sendToRedis(Number(new URL(redis.url).port), 'FLUSHALL')
      const untilMs = fromMs + flush * 5_000
      await waitFor(() => Date.now() > untilMs, { what: 'time to pass' })
    }
    const times = [fromMs, ...simulator.requests().map(({ at }) => at), Date.now()].filter(
      (at) => at >= fromMs,
    )
    const longestPauseMs = Math.max(...times.map((at, i) => at - (times[i - 1] ?? at)))
    simulator.freeze()
    await waitForTruth(db, () => simulator.truth(), 120_000)
    const { repeated } = await expectPromisesKept(world, simulator.truth())
    console.log({
      longestPauseMs,
      requests: simulator.requests().length,
      calls: world.receiver.requests.length,
      repeated,
      lag: measureLag(world, simulator.truth(), fromMs),
    })
    expect(longestPauseMs).toBeLessThan(10_000)
  },
)

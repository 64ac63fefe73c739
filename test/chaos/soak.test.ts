import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
import { redisUrl } from '../support/redis.ts'
import { sendToRedis } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, expectPromisesKept, startRedis, waitForTruth } from '../support/world.ts'

const MINUTE = 60_000
const EVERY_FAULT = {
  '429': 0.03,
  '429_retry_after': 0.02,
  '5xx': 0.05,
  hang: 0.02,
  reset: 0.05,
  html: 0.05,
  truncated: 0.05,
  wrong_types: 0.05,
  slow_body: 0.01,
  huge_body: 0.01,
  redirect: 0.03,
  duplicate_rows: 0.05,
}
/** What a heap may grow by between its first and its fifth minute, collected both times. */
const FLAT_BYTES = 30 * 1024 * 1024

test('five minutes of every fault at once: memory stays flat, and all is right once they end', async ({
  onTestFinished,
}) => {
  const world = await createWorld(onTestFinished, {
    simulator: {
      migrations: 400,
      history: 60,
      arrivalS: 3_600,
      typicalLifeS: 900,
      speed: 20,
      faults: EVERY_FAULT,
    },
  })
  const { db, simulator, receiver } = world
  receiver.behave((_, count) => (count % 10 === 0 ? { status: 500 } : {}))
  const daemon = startDaemonChild(world.config)
  onTestFinished(daemon.kill)
  await daemon.ready

  const startedMs = Date.now()
  const at = (ms: number) =>
    waitFor(() => Date.now() > startedMs + ms, { what: 'time to pass', timeoutMs: ms + MINUTE })
  await at(MINUTE)
  const early = await daemon.measureMemory()
  await at(5 * MINUTE)
  const late = await daemon.measureMemory()
  console.log({ early, late, requests: simulator.requests().length })
  expect(late.heapUsed + late.external - early.heapUsed - early.external).toBeLessThan(FLAT_BYTES)

  receiver.behave(() => ({}))
  simulator.setFaults({})
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), 5 * MINUTE)
  const { repeated } = await expectPromisesKept(world, simulator.truth())
  console.log({ calls: receiver.requests.length, repeated })
})

test.skipIf(redisUrl() === null)(
  'FLUSHALL every 5 s for a minute loses nothing',
  async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished)
    const world = await createWorld(onTestFinished, {
      simulator: { migrations: 300, history: 60, arrivalS: 1_200, typicalLifeS: 300, speed: 20 },
      redisUrl: redis.url,
    })
    const { db, simulator } = world
    const daemon = startDaemonChild(world.config)
    onTestFinished(daemon.kill)
    await daemon.ready

    const port = Number(new URL(redis.url).port)
    for (let flush = 1; flush <= 12; flush += 1) {
      const untilMs = Date.now() + 5_000
      await waitFor(() => Date.now() > untilMs, { what: 'time to pass' })
      await sendToRedis(port, 'FLUSHALL')
    }
    simulator.freeze()
    await waitForTruth(db, () => simulator.truth(), 2 * MINUTE)
    const { repeated } = await expectPromisesKept(world, simulator.truth())
    console.log({ requests: simulator.requests().length, calls: world.receiver.requests.length, repeated })
  },
)

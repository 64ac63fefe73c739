import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
import { measureLag } from '../support/measure-lag.ts'
import { redisUrl } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type After,
  createWorld,
  expectPromisesKept,
  shareEnded,
  startRedis,
  waitForTruth,
} from '../support/world.ts'

const KILLS = 50
/** Every fifth is killed on its way up, the others at work. */
const WAY_UP_MS = 2_500
const LONGEST_LIFE_MS = 5_000

/** kill -9 at random moments, restarting each time, while lives of some minutes run their course. */
async function killAgainAndAgain(after: After, redis: string | null): Promise<void> {
  const world = await createWorld(after, {
    simulator: { migrations: 300, history: 60, arrivalS: 2_400, typicalLifeS: 900, speed: 10, latencyMs: 50 },
    account: { requestsPerSecond: 30, burst: 30 },
    redisUrl: redis,
  })
  const { db, simulator, receiver } = world
  // Long enough for a kill to come in the middle of it.
  receiver.behave(() => ({ delayMs: 250 }))
  const fromMs = Date.now()
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const daemon = startDaemonChild(world.config)
    after(daemon.kill)
    const isOnItsWayUp = kill % 5 === 0
    if (!isOnItsWayUp) await daemon.ready
    const untilMs = Date.now() + Math.random() * (isOnItsWayUp ? WAY_UP_MS : LONGEST_LIFE_MS)
    await waitFor(() => Date.now() > untilMs, { what: 'the moment of the kill' })
    expect(daemon.isRunning(), daemon.errors()).toBe(true)
    await daemon.kill()
  }
  const killedForS = (Date.now() - fromMs) / 1_000

  const last = startDaemonChild(world.config)
  after(last.kill)
  await last.ready
  await waitFor(() => shareEnded(simulator.truth()) > 0.8, { what: 'most ends', timeoutMs: 300_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), 120_000)
  const { repeated } = await expectPromisesKept(world, simulator.truth())
  expect(last.isRunning(), last.errors()).toBe(true)
  console.log({
    redis: redis !== null,
    kills: KILLS,
    killedForS,
    requests: simulator.requests().length,
    calls: receiver.requests.length,
    repeated,
    lag: measureLag(world, simulator.truth(), fromMs),
  })
}

test('kill -9 at 50 random moments loses nothing and doubles nothing, on Postgres', async ({
  onTestFinished,
}) => {
  await killAgainAndAgain(onTestFinished, null)
})

test.skipIf(redisUrl() === null)(
  'kill -9 at 50 random moments loses nothing and doubles nothing, on Redis',
  async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished)
    await killAgainAndAgain(onTestFinished, redis.url)
  },
)

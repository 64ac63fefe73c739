import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
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
/** From before the daemon is up to well into its work. */
const LONGEST_LIFE_MS = 4_000

/** kill -9 at random moments, restarting each time, while lives of some minutes run their course. */
async function killAgainAndAgain(after: After, redis: string | null): Promise<void> {
  const world = await createWorld(after, {
    simulator: { migrations: 300, history: 60, arrivalS: 1_800, typicalLifeS: 900, speed: 20 },
    account: { requestsPerSecond: 30, burst: 30 },
    redisUrl: redis,
  })
  const { db, simulator } = world
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const daemon = startDaemonChild(world.config)
    after(daemon.kill)
    const untilMs = Date.now() + Math.random() * LONGEST_LIFE_MS
    await waitFor(() => Date.now() > untilMs, { what: 'the moment of the kill' })
    expect(daemon.isRunning(), daemon.errors()).toBe(true)
    await daemon.kill()
  }

  const last = startDaemonChild(world.config)
  after(last.kill)
  await last.ready
  await waitFor(() => shareEnded(simulator.truth()) > 0.8, { what: 'most ends', timeoutMs: 300_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), 120_000)
  const { repeated } = await expectPromisesKept(world, simulator.truth())
  console.log({ redis: redis !== null, kills: KILLS, calls: world.receiver.requests.length, repeated })
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

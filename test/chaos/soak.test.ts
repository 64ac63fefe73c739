import { expect, test } from 'vitest'

import { query } from '../support/account.ts'
import { startDaemonChild } from '../support/daemon-child.ts'
import { measureLag } from '../support/measure-lag.ts'
import { redisUrl } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import { type After, createWorld, expectPromisesKept, startRedis, waitForTruth } from '../support/world.ts'

const MINUTE = 60_000
const STALE_MS = 3_000
const EVERY_FAULT = {
  '401': 0.002,
  '403': 0.002,
  '404': 0.03,
  '429': 0.02,
  '429_retry_after': 0.02,
  '5xx': 0.05,
  hang: 0.01,
  reset: 0.05,
  html: 0.05,
  truncated: 0.05,
  wrong_types: 0.05,
  slow_body: 0.01,
  huge_body: 0.01,
  redirect: 0.03,
  gzip_garbage: 0.03,
  stale_list: 0.05,
  empty_page: 0.03,
  duplicate_rows: 0.05,
}
/** What may come on top between the first and the fifth minute. */
const FLAT_BYTES = 25 * 1024 * 1024

async function soak(after: After, redis: string | null): Promise<void> {
  const world = await createWorld(after, {
    simulator: {
      migrations: 400,
      history: 60,
      arrivalS: 6_000,
      typicalLifeS: 900,
      speed: 20,
      staleMs: STALE_MS,
      faults: EVERY_FAULT,
    },
    redisUrl: redis,
  })
  const { db, simulator, receiver } = world
  receiver.behave(() => {
    const dice = Math.random()
    if (dice < 0.02) return 'hang'
    if (dice < 0.05) return 'reset'
    return dice < 0.1 ? { status: 500 } : {}
  })
  const fromMs = Date.now()
  const daemon = startDaemonChild(world.config)
  after(daemon.kill)
  await daemon.ready

  // Refused keys are tried again, failed deliveries repeated, and rates given back after refusals that were no matter of
  // the rate, much sooner than the half minutes and minutes usual.
  const hurry = async () => {
    await query(db, `update landfall.account set probe_at = now() where state = 'suspended'`)
    await query(
      db,
      `update landfall.delivery set next_attempt_at = now()
       where state = 'pending' and lease_until is null and next_attempt_at > now() + interval '10 seconds'`,
    )
    await query(db, `update landfall.budget set share_at = now() - interval '1 hour' where share_at <= now()`)
    return true
  }
  const startedMs = Date.now()
  const at = (ms: number) =>
    waitFor(async () => (await hurry()) && Date.now() > startedMs + ms, {
      what: 'time to pass',
      timeoutMs: ms + MINUTE,
    })
  await at(MINUTE)
  const early = await daemon.measureMemory()
  await at(5 * MINUTE)
  const late = await daemon.measureMemory()
  const { faults } = simulator.counts()

  receiver.behave(() => ({}))
  simulator.setFaults({})
  simulator.freeze()
  const wellMs = Date.now()
  await hurry()
  await waitForTruth(db, () => simulator.truth(), 5 * MINUTE)
  const recoveredS = (Date.now() - wellMs) / 1_000
  const { repeated } = await expectPromisesKept(world, simulator.truth(), STALE_MS)
  expect(daemon.isRunning(), daemon.errors()).toBe(true)
  console.log({
    redis: redis !== null,
    early,
    late,
    requests: simulator.requests().length,
    faults: Object.values(faults).reduce((sum, n) => sum + n, 0),
    recoveredS,
    calls: receiver.requests.length,
    repeated,
    lag: measureLag(world, simulator.truth(), fromMs),
  })
  expect(late.heapUsed - early.heapUsed).toBeLessThan(FLAT_BYTES)
  expect(late.external - early.external).toBeLessThan(FLAT_BYTES)
  expect(late.rss - early.rss).toBeLessThan(4 * FLAT_BYTES)
}

test('five minutes of every fault at once: memory stays flat, and all is right once they end, on Postgres', async ({
  onTestFinished,
}) => {
  await soak(onTestFinished, null)
})

test.skipIf(redisUrl() === null)(
  'five minutes of every fault at once: memory stays flat, and all is right once they end, on Redis',
  async ({ onTestFinished }) => {
    const redis = await startRedis(onTestFinished)
    await soak(onTestFinished, redis.url)
  },
)

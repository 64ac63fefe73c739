import { expect, type TestContext, test } from 'vitest'

import { startDaemon } from '../src/daemon.ts'
import type { SimulatorOptions } from '../src/simulator/options.ts'
import { createSimulator, type Simulator } from '../src/simulator/server.ts'
import { type Db, openDb } from '../src/store/db.ts'
import { log, query } from './support/account.ts'
import { API_KEY, HOOK_SECRET, testAccount, testConfig, testHook, testLog } from './support/daemon.ts'
import { createDatabase } from './support/database.ts'
import { NEEDS_REDIS, redisUrl, startRedisServer } from './support/redis.ts'
import { busiestWindow, expectedTerminalEvents, expectTrueTransitions, showsTruth } from './support/truth.ts'
import { waitFor } from './support/wait-for.ts'
import { createWebhookReceiver, type WebhookReceiver } from './support/webhook-receiver.ts'

const MIGRATIONS = 300
const HISTORY = 60
const BURST = 30
const REQUESTS_PER_SECOND = 40

interface World {
  readonly db: Db
  readonly simulator: Simulator
  readonly receiver: WebhookReceiver
}

/** Of the test's own context: the global one would run when any of the tests side by side ends. */
type After = TestContext['onTestFinished']

/** A provider with lives of some seconds, a receiver, and a daemon between them. */
async function startWorld(options: SimulatorOptions, redis: string | null, after: After): Promise<World> {
  const database = await createDatabase()
  after(database.drop)
  const db = openDb({ url: database.url, log, applicationName: 'test', maxConnections: 3 })
  after(() => db.pool.end())
  const receiver = createWebhookReceiver()
  await receiver.start()
  after(receiver.stop)
  const lives = { arrivalS: 400, typicalLifeS: 150, speed: 60, backwardsShare: 0.05, inventedShare: 0.05 }
  const simulator = createSimulator({
    apiKey: API_KEY,
    migrations: MIGRATIONS,
    history: HISTORY,
    ...lives,
    ...options,
  })
  const { url } = await simulator.start()
  after(simulator.stop)
  const budget = { requestsPerSecond: REQUESTS_PER_SECOND, burst: BURST }
  const config = testConfig({
    databaseUrl: database.url,
    redisUrl: redis,
    accounts: [testAccount(url, budget)],
    hooks: [testHook(receiver.url)],
  })
  const daemon = await startDaemon(config, testLog, () => {})
  after(daemon.stop)
  return { db, simulator, receiver }
}

const ENDS = ['COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED']

/** Lets the world run until most lives are over, stops its clock, and waits for Landfall to have caught up. */
async function settle({ db, simulator }: World): Promise<void> {
  const over = () => simulator.truth().filter(({ status }) => ENDS.includes(status)).length
  const most = 0.9 * (MIGRATIONS + HISTORY)
  await waitFor(() => over() > most, { what: 'most migrations of the simulator to end', timeoutMs: 90_000 })
  simulator.freeze()
  await waitFor(() => showsTruth(db, simulator.truth()), {
    what: 'Postgres to show the truth',
    timeoutMs: 120_000,
  })
  const delivered = async () =>
    (await query(db, `select 1 from reporting.deliveries where state <> 'delivered'`)).length === 0
  await waitFor(delivered, { what: 'all deliveries', timeoutMs: 90_000 })
}

interface Call {
  readonly id: string
  readonly type: string
  readonly subject: string
}

async function expectEverythingTold({ db, simulator, receiver }: World): Promise<void> {
  await expectTrueTransitions(db, simulator.truth())
  const calls = receiver.verified(HOOK_SECRET) as Call[]
  expect(calls.map(({ subject, type }) => `${subject} ${type}`).sort()).toEqual(
    await expectedTerminalEvents(db),
  )
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length)
}

const shapes: { shape: string; options: SimulatorOptions }[] = [
  { shape: 'a bare array, pages from 1, newest first', options: {} },
  {
    shape: '{data}, pages from 0, oldest first',
    options: { envelope: 'data', pageBase: 0, order: 'created_asc' },
  },
  {
    shape: '{items} with totals, pages cut to 10, in no order',
    options: { envelope: 'items', totals: true, maxPageSize: 10, order: 'random' },
  },
  {
    shape: '{results}, pages from 0, cut to 20, hex ids',
    options: { envelope: 'results', pageBase: 0, maxPageSize: 20, idStyle: 'hex' },
  },
  {
    shape: '{migrations}, oldest first, cut to 7, mig_ ids',
    options: {
      envelope: 'migrations',
      order: 'created_asc',
      maxPageSize: 7,
      idStyle: 'mig',
      timeStyle: 'z',
    },
  },
]

const runs = shapes.flatMap(({ shape, options }) => [
  { backend: 'Postgres', shape, options },
  { backend: 'Redis', shape, options },
])

// Side by side, as these tests mostly wait for lives to pass.
test.concurrent.for(runs)(
  '300 migrations of random lives end as at the provider, each end told once, on $backend: $shape',
  { timeout: 300_000 },
  async ({ backend, options }, { onTestFinished, skip }) => {
    const needsRedis = backend === 'Redis'
    skip(needsRedis && redisUrl() === null, NEEDS_REDIS)
    const redis = needsRedis ? await ownRedis(onTestFinished) : null
    const world = await startWorld({ seed: 7, ...options }, redis, onTestFinished)
    await settle(world)

    await expectEverythingTold(world)
    const times = world.simulator.requests().map(({ at }) => at)
    expect(busiestWindow(times, 10_000)).toBeLessThanOrEqual(BURST + REQUESTS_PER_SECOND * 10 + 1)
  },
)

/** Daemons on one Redis share their queues, and these know nothing of one another's databases. */
async function ownRedis(after: After): Promise<string> {
  const redis = await startRedisServer()
  after(redis.stop)
  return redis.url
}

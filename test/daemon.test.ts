import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type Daemon, startDaemon } from '../src/daemon.ts'
import type { SimulatorOptions } from '../src/simulator/options.ts'
import { createSimulator, type Simulator } from '../src/simulator/server.ts'
import { type Db, openDb } from '../src/store/db.ts'
import { log, query } from './support/account.ts'
import { API_KEY, HOOK_SECRET, testAccount, testConfig, testHook, testLog } from './support/daemon.ts'
import { createDatabase, type TestDatabase } from './support/database.ts'
import { redisUrl } from './support/redis.ts'
import {
  busiestWindow,
  countDifferences,
  expectedTerminalEvents,
  expectTrueTransitions,
} from './support/truth.ts'
import { waitFor } from './support/wait-for.ts'
import { createWebhookReceiver, type WebhookReceiver } from './support/webhook-receiver.ts'

let database: TestDatabase
let db: Db
let receiver: WebhookReceiver
let simulator: Simulator | null = null
let daemon: Daemon | null = null

beforeEach(async () => {
  database = await createDatabase()
  db = openDb({ url: database.url, log, applicationName: 'test' })
  receiver = createWebhookReceiver()
  await receiver.start()
})
afterEach(async () => {
  await daemon?.stop()
  await simulator?.stop()
  await receiver.stop()
  await db.pool.end()
  await database.drop()
})

const lively: SimulatorOptions = {
  apiKey: API_KEY,
  migrations: 300,
  history: 60,
  arrivalS: 400,
  typicalLifeS: 150,
  speed: 60,
  backwardsShare: 0.05,
  inventedShare: 0.05,
}

async function startWorld(options: SimulatorOptions, redis: string | null): Promise<Simulator> {
  simulator = createSimulator({ ...lively, ...options })
  const { url } = await simulator.start()
  const config = testConfig({
    databaseUrl: database.url,
    redisUrl: redis,
    accounts: [testAccount(url)],
    hooks: [testHook(receiver.url)],
  })
  daemon = await startDaemon(config, testLog, () => {})
  return simulator
}

interface Told {
  readonly id: string
  readonly type: string
  readonly subject: string
}

const told = () => receiver.verified(HOOK_SECRET) as Told[]
const ended = (status: string) =>
  ['COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED'].includes(status)

/** Lets the world run until most lives are over, stops its clock, and waits for Landfall to have caught up. */
async function settle(world: Simulator): Promise<void> {
  const share = () => world.truth().filter(({ status }) => ended(status)).length / 360
  await waitFor(() => share() > 0.9, { what: 'most migrations of the simulator to end', timeoutMs: 60_000 })
  world.freeze()
  const caughtUp = async () => (await countDifferences(db, world.truth())) === 0
  await waitFor(caughtUp, { what: 'Postgres to show the truth', timeoutMs: 60_000 })
  const undelivered = `select 1 from reporting.deliveries where state <> 'delivered'`
  await waitFor(async () => (await query(db, undelivered)).length === 0, {
    what: 'all deliveries',
    timeoutMs: 15_000,
  })
}

async function expectEverythingTold(world: Simulator): Promise<void> {
  await expectTrueTransitions(db, world.truth())
  const calls = told()
  expect(calls.map(({ subject, type }) => `${subject} ${type}`).sort()).toEqual(
    await expectedTerminalEvents(db),
  )
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length)
}

const backends = [
  { name: 'on Postgres', redis: null, skip: false },
  { name: 'on Redis', redis: redisUrl(), skip: redisUrl() === null },
]

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
    options: { envelope: 'migrations', order: 'created_asc', maxPageSize: 7, idStyle: 'mig', timeStyle: 'z' },
  },
]

describe.each(backends)('BullMQ $name', ({ redis, skip }) => {
  test.skipIf(skip).for(shapes)(
    '300 migrations of random lives end as at the provider, each end told once: $shape',
    { timeout: 150_000 },
    async ({ options }) => {
      const world = await startWorld({ seed: 7, ...options }, redis)
      await settle(world)

      await expectEverythingTold(world)
      const times = world.requests().map(({ at }) => at)
      expect(busiestWindow(times, 10_000)).toBeLessThanOrEqual(30 + 60 * 10 + 1)
    },
  )
})

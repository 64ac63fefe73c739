import { Webhook } from 'standardwebhooks'
import { expect, type TestContext } from 'vitest'

import type { AccountConfig, Config, WebhookConfig } from '../../src/config/config.ts'
import { type Daemon, startDaemon } from '../../src/daemon.ts'
import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator, type Simulator } from '../../src/simulator/server.ts'
import { type Db, openDb } from '../../src/store/db.ts'
import { log, query } from './account.ts'
import { API_KEY, HOOK_SECRET, testAccount, testConfig, testHook, testLog } from './daemon.ts'
import { createSchemaDatabase } from './database.ts'
import { startRedisServer } from './redis.ts'
import { countDifferences, expectedTerminalEvents, expectTrueTransitions } from './truth.ts'
import { waitFor } from './wait-for.ts'
import { createWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts'

type TrueMigration = ReturnType<Simulator['truth']>[number]

/** A test's own `onTestFinished`, which tests that run side by side need: the global one runs when any of them ends. */
export type After = TestContext['onTestFinished']

/** Everything around a daemon: its database, a provider and a receiver. */
export interface World {
  readonly databaseUrl: string
  readonly db: Db
  readonly simulator: Simulator
  readonly receiver: WebhookReceiver
  /** For a daemon that finds all of it. */
  readonly config: Config
}

export interface WorldOptions {
  readonly simulator?: SimulatorOptions
  readonly account?: Partial<AccountConfig>
  readonly hook?: Partial<WebhookConfig>
  readonly redisUrl?: string | null
}

/** Lives of some seconds, so that a test of some seconds sees all that can happen in one. */
const QUICK_LIVES: SimulatorOptions = {
  apiKey: API_KEY,
  seed: 11,
  migrations: 150,
  history: 30,
  arrivalS: 600,
  typicalLifeS: 150,
  speed: 60,
  backwardsShare: 0.05,
  inventedShare: 0.05,
}

/** Ends with the test. */
export async function createWorld(after: After, options: WorldOptions = {}): Promise<World> {
  const { redisUrl = null } = options
  const database = await createSchemaDatabase()
  after(database.drop)
  const db = openTestDb(after, database.url)
  const receiver = await startReceiver(after)
  const { simulator, url } = await startSimulator(after, options.simulator)
  const config = testConfig({
    databaseUrl: database.url,
    redisUrl,
    accounts: [testAccount(url, options.account)],
    hooks: [testHook(receiver.url, options.hook)],
  })
  return { databaseUrl: database.url, db, simulator, receiver, config }
}

export function openTestDb(after: After, url: string): Db {
  const db = openDb({ url, log, applicationName: 'test', maxConnections: 3 })
  after(() => db.pool.end())
  return db
}

export async function startReceiver(after: After): Promise<WebhookReceiver> {
  const receiver = createWebhookReceiver()
  await receiver.start()
  after(receiver.stop)
  return receiver
}

export async function startSimulator(
  after: After,
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; url: string }> {
  const simulator = createSimulator({ ...QUICK_LIVES, ...options })
  const { url } = await simulator.start()
  after(simulator.stop)
  return { simulator, url }
}

/** An account whose provider is a simulator of its own. */
export interface SimulatedAccount {
  readonly name: string
  readonly simulator: Simulator
  readonly config: AccountConfig
}

export async function startAccount(
  after: After,
  name: string,
  options: SimulatorOptions = {},
  change: Partial<AccountConfig> = {},
): Promise<SimulatedAccount> {
  const { simulator, url } = await startSimulator(after, options)
  return { name, simulator, config: testAccount(url, { name, ...change }) }
}

/** A world of several accounts, without a daemon yet. */
export async function createWorldOf(
  after: After,
  accounts: readonly SimulatedAccount[],
  hook: Partial<WebhookConfig> = {},
): Promise<Omit<World, 'simulator'>> {
  const { simulator, ...world } = await createWorld(after, { simulator: { migrations: 0, history: 0 }, hook })
  await simulator.stop()
  return { ...world, config: { ...world.config, accounts: accounts.map((one) => one.config) } }
}

/** Every migration is to be polled at once, so that an account always has more to ask than its budget allows. */
export function makeAllDue(db: Db) {
  return query(
    db,
    'update landfall.migration set next_poll_at = now(), urgent = true where next_poll_at > now() or not urgent',
  )
}

export const countPolls = ({ simulator }: Pick<World, 'simulator'>) => simulator.counts().kinds['get'] ?? 0

/** A provider of which nothing changes. */
export const STILL_LIVES: SimulatorOptions = { migrations: 100, aliveShare: 1, history: 0, speed: 0.001 }

export async function startRedis(after: After) {
  const redis = await startRedisServer()
  after(redis.stop)
  return redis
}

/** In this process; ends with the test, before the world does. */
export async function startTestDaemon(after: After, config: Config): Promise<Daemon> {
  const daemon = await startDaemon(config, testLog, (err) => {
    throw err
  })
  after(daemon.stop)
  return daemon
}

const ENDS = ['COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED']

/** The share of lives that are over. */
export function shareEnded(truth: readonly TrueMigration[]): number {
  return truth.filter(({ status }) => ENDS.includes(status)).length / truth.length
}

/** Waits until Postgres shows what the (frozen) provider holds and everything was delivered. */
export async function waitForTruth(
  db: Db,
  truth: () => readonly TrueMigration[],
  timeoutMs = 60_000,
): Promise<void> {
  await waitFor(async () => (await countDifferences(db, truth())) === 0, {
    what: 'Postgres to show the truth',
    timeoutMs,
  })
  await waitForDeliveries(db, timeoutMs)
}

export async function waitForDeliveries(db: Db, timeoutMs: number): Promise<void> {
  const open = `select event_id, event_type, state, attempts, last_error from reporting.deliveries where state <> 'delivered'`
  await waitFor(
    async () => {
      const rows = await query(db, open)
      if (rows.length > 0) throw new Error(`${rows.length} deliveries are open: ${JSON.stringify(rows[0])}`)
      return true
    },
    { what: 'all deliveries', timeoutMs },
  )
}

/** What a receiver was told, its signature verified. */
export interface Call {
  readonly id: string
  readonly type: string
  /** Absent where the event is about the account itself. */
  readonly subject?: string
  readonly sequence: string
  readonly data: Readonly<Record<string, unknown>>
}

export function callsTo(receiver: WebhookReceiver): Call[] {
  // As a receiver verifies them when they come; long after, their timestamps would be too old for it.
  const webhook = new Webhook(HOOK_SECRET)
  return receiver.requests.map(({ headers, body, receivedAt }) => {
    const sentAt = new Date(Number(headers['webhook-timestamp']) * 1_000)
    expect(Math.abs(receivedAt.getTime() - sentAt.getTime())).toBeLessThan(60_000)
    expect(headers['webhook-signature']).toBe(webhook.sign(String(headers['webhook-id']), sentAt, body))
    return JSON.parse(body) as Call
  })
}

export interface Repeats {
  /** Calls that repeated an event. */
  readonly repeated: number
}

/**
 * What everybody is promised, whatever happened meanwhile: true transitions only, each end told under one id with one
 * content. Repeated calls of an event are allowed; returns how many there were.
 */
export async function expectPromisesKept(
  { db, receiver }: Pick<World, 'db' | 'receiver'>,
  truth: readonly TrueMigration[],
  listsLagMs = 0,
): Promise<Repeats> {
  await expectTrueTransitions(db, truth, listsLagMs)
  await expectWholeStreams(db)
  await expectOneEventEach(db)

  const contents = new Map<string, string>()
  for (const { headers, body } of receiver.requests) {
    const id = String(headers['webhook-id'])
    expect(body, `content of ${id}`).toBe(contents.get(id) ?? body)
    contents.set(id, body)
  }
  const calls = callsTo(receiver)
  const first = new Map(calls.map((call) => [call.id, call]))
  const ends = [...first.values()].filter(({ type }) => TERMINAL_EVENT_TYPES.some((one) => one === type))
  expect(ends.map(({ subject, type }) => `${subject} ${type}`).sort()).toEqual(
    await expectedTerminalEvents(db),
  )
  return { repeated: calls.length - first.size }
}

/** Every event is its transition's only one of that type, and every transition has the ones that tell of it. */
async function expectOneEventEach(db: Db): Promise<void> {
  const wrong = await query(
    db,
    `with told as (
       select e.migration, e.type, count(*) as n from landfall.event e where e.migration is not null group by 1, 2),
     due as (
       select migration, case when seq = 1 then 'migration.discovered' else 'migration.status_changed' end as type,
         count(*) as n
       from landfall.transition group by 1, 2)
     select m.migration_id, due.type, due.n as due, told.n as told from due
     join landfall.migration m on m.id = due.migration
     left join told using (migration, type) where told.n is distinct from due.n`,
  )
  expect(wrong).toEqual([])
}

/** No number is missing or doubled in any migration's transitions and events, and the counters agree. */
async function expectWholeStreams(db: Db): Promise<void> {
  const gaps = await query(
    db,
    `select migration_id, 'transitions' as what from reporting.transitions group by account, migration_id
       having min(seq) <> 1 or max(seq) <> count(*) or count(distinct seq) <> count(*)
     union all
     select migration_id, 'events' from reporting.events where migration_id is not null group by account, migration_id
       having min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct sequence) <> count(*)
     union all
     select m.migration_id, 'counters' from landfall.migration m
       where m.transitions <> (select count(*) from landfall.transition t where t.migration = m.id)
         or m.events <> (select count(*) from landfall.event e where e.migration = m.id)`,
  )
  expect(gaps).toEqual([])
}

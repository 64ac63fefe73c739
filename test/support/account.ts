import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { phaseOf } from '../../src/domain/phase.ts'
import type { Observation, Via } from '../../src/domain/reading.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import { ANON_STATUS_MAP } from '../../src/providers/anon/status-map.ts'
import type { Answer, Page, Provider } from '../../src/providers/provider.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { type Db, inTransaction, openDb } from '../../src/store/db.ts'
import { type ConfiguredHook, registerHooks } from '../../src/store/hooks.ts'
import type { Account } from '../../src/work/account.ts'
import type { Deps } from '../../src/work/deps.ts'
import { createPlannerSeats } from '../../src/work/planner-seats.ts'
import { type Recorded, recordObservations } from '../../src/work/record-observations.ts'
import { createSchemaDatabase } from './database.ts'

export const log = pino({ level: 'silent' })

/** A database with the schema and one registered account, and what the use cases need to work on it. */
export async function createTestAccount(
  options: { hooks?: ConfiguredHook[]; account?: Partial<Account> } = {},
) {
  const database = await createSchemaDatabase()
  const db = openDb({ url: database.url, log, applicationName: 'test' })
  const account = createAccount(options.account)
  await registerAccount(db, {
    ...account,
    provider: account.provider.kind,
    isListed: account.provider.list !== undefined,
  })
  await registerHooks(db, options.hooks ?? [])
  const accounts = new Map([[account.name, account]])
  const random = () => 0.5
  const meter = createMeter({ accounts: [account.name], hooks: [] })
  const seats = createPlannerSeats('test', random)
  const deps: Deps = { db, log, meter, accounts, seats, random, newEventId }

  async function close(): Promise<void> {
    await db.pool.end()
    await database.drop()
  }

  return { url: database.url, db, account, deps, close }
}

export function createAccount(change: Partial<Account> = {}): Account {
  const base = {
    name: 'acme',
    rate: { requestsPerSecond: 100, burst: 100 },
    pageSize: 10,
    sweepEveryMs: 300_000,
    lagGoalMs: 15_000,
  }
  return { ...base, policy: 'backoff', provider: unreachable, baseline: 'silent', ...change }
}

const nothing: Answer<never> = { kind: 'unusable', reason: 'no test asked for this', passing: false }

const unreachable: Provider = {
  kind: 'anon',
  statusMap: ANON_STATUS_MAP,
  get: async () => nothing,
  list: async (): Promise<Answer<Page>> => nothing,
  close: async () => {},
}

const newEventId = () => `evt_${uuidv7().replaceAll('-', '')}`

/** An observation at second `at` of the test's own time. */
export function seen(migrationId: string, status: string, at: number, via: Via = 'get'): Observation {
  return {
    migrationId,
    status,
    phase: phaseOf(ANON_STATUS_MAP, status),
    createdAt: '2026-03-04T09:15:02.118340Z',
    companyId: 'abc',
    createdByUserId: 'u-7',
    attributes: {},
    via,
    requestedAt: new Date(BASE + at * 1000),
    receivedAt: new Date(BASE + at * 1000 + 100),
  }
}

const BASE = Date.UTC(2026, 2, 4, 10)

export function record(deps: Deps, account: Account, observations: Observation[]): Promise<Recorded> {
  return inTransaction(deps.db, (tx) => recordObservations(deps, tx, account, observations))
}

export async function query<Row extends Record<string, unknown>>(
  db: Db,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const { rows } = await db.pool.query<Row>(text, values)
  return rows
}

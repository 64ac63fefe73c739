import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'

import { phaseOf } from '../../src/domain/phase.ts'
import type { Observation } from '../../src/domain/reading.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import { ANON_STATUS_MAP } from '../../src/providers/anon/status-map.ts'
import { createProvider } from '../../src/providers/registry.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { type Db, inTransaction, openDb } from '../../src/store/db.ts'
import type { Account } from '../../src/work/account.ts'
import type { Deps } from '../../src/work/deps.ts'
import { planRequests } from '../../src/work/plan-requests.ts'
import { createPlannerSeats } from '../../src/work/planner-seats.ts'
import { recordObservations } from '../../src/work/record-observations.ts'

/** Something that those who record do again and again, in a transaction of its own that is committed. */
export interface Write {
  readonly does: string
  readonly run: () => Promise<void>
}

const PAGE = 100
const log = pino({ level: 'silent' })

/** What recording and planning do beside so much history, in the account that has most of it. */
export async function openWrites(url: string): Promise<{ writes: readonly Write[]; close(): Promise<void> }> {
  const db = openDb({ url, log, applicationName: 'bench' })
  const account = openAccount()
  await registerAccount(db, { ...account, provider: account.provider.kind })
  const newEventId = () => `evt_${uuidv7().replaceAll('-', '')}`
  const accounts = new Map([[account.name, account]])
  const seats = createPlannerSeats('bench', Math.random)
  const meter = createMeter({ accounts: [account.name], hooks: [] })
  const deps: Deps = { db, log, meter, accounts, seats, random: Math.random, newEventId }
  const record = (observations: readonly Observation[]) =>
    inTransaction(db, (tx) => recordObservations(deps, tx, account, observations)).then(() => {})

  const writes: Write[] = [
    { does: 'page of 100, nothing changed', run: async () => record(await readPage(db, account, 0)) },
    { does: 'page of 100, one changed', run: async () => record(await readPage(db, account, 1)) },
    { does: 'page of 100, all changed', run: async () => record(await readPage(db, account, PAGE)) },
    { does: 'page of 100, all new', run: () => record(Array.from({ length: PAGE }, discover)) },
    { does: 'tick', run: async () => void (await planRequests(deps, account)) },
  ]
  return { writes, close: () => db.close() }
}

function openAccount(): Account {
  const base = { name: 'account-1', pageSize: PAGE, sweepEveryMs: 300_000, lagGoalMs: 0 }
  const provider = createProvider('anon', { apiKey: 'none', baseUrl: 'http://127.0.0.1:9', statusMap: {} })
  const rate = { requestsPerSecond: 20, burst: 20 }
  return { ...base, provider, rate, policy: 'adaptive', baseline: 'silent' }
}

interface Live {
  readonly migration_id: string
  readonly status: string
  readonly company_id: string | null
}

/** The live migrations that were read least lately, so many of them with another status. */
async function readPage(db: Db, account: Account, changed: number): Promise<Observation[]> {
  const { rows } = await db.pool.query<Live>(
    `select migration_id, status, company_id from landfall.migration
     where account = $1 and finished_at is null and vanished_at is null order by last_observed_at limit $2`,
    [account.name, PAGE],
  )
  return rows.map(({ migration_id, status, company_id }, index) => {
    const other = status === 'WORKING' ? 'PENDING_USER_INPUT' : 'WORKING'
    return observe(migration_id, index < changed ? other : status, company_id)
  })
}

const discover = () => observe(uuidv7(), 'NOT_READY', 'company-1')

function observe(migrationId: string, status: string, companyId: string | null): Observation {
  const now = new Date()
  return {
    migrationId,
    status,
    phase: phaseOf(ANON_STATUS_MAP, status),
    createdAt: null,
    companyId,
    createdByUserId: null,
    attributes: { name: 'Export of the ledger', rows: 120_000 },
    via: 'get',
    requestedAt: now,
    receivedAt: now,
  }
}

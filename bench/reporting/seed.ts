import type { Client } from 'pg'

import { dropIndexes } from './bulk.ts'
import { ACCOUNTS, EVENTS, MIGRATIONS, STEP_TABLE, STEPS, TRANSITIONS } from './lives.ts'

export interface Load {
  readonly migrations: number
  readonly transitions: number
  /** The stretch of time up to now over which the migrations are spread. */
  readonly days: number
}

export interface Progress {
  /** What is being done: rows are loaded, then what stands on them is built. */
  readonly doing: string
  readonly migrations: number
  readonly transitions: number
  readonly seconds: number
}

const BATCH = 5_000
const FILLED = ['migration', 'transition', 'event', 'delivery']

/**
 * Fills an empty database: lives of some two days each, one event per transition, one delivery per ending. The triggers
 * sleep meanwhile; indexes and rollups are built at the end.
 */
export async function seed(client: Client, load: Load, onProgress: (progress: Progress) => void) {
  const startMs = Date.now()
  const done = { migrations: 0, transitions: 0 }
  const tell = (doing: string) => onProgress({ doing, ...done, seconds: (Date.now() - startMs) / 1000 })

  const parts = await prepare(client)
  while (done.migrations < load.migrations) {
    const last = Math.min(load.migrations, done.migrations + BATCH)
    done.transitions += await seedBatch(client, load, done.migrations + 1, last)
    done.migrations = last
    tell('rows')
  }
  for (const { name, make } of parts) {
    tell(name)
    await client.query(make)
  }
  tell('rollups')
  await finish(client, load.days)
  tell('statistics')
  // What the server does by itself in its own time.
  await client.query('vacuum analyze')
  return { transitions: done.transitions, seconds: (Date.now() - startMs) / 1000 }
}

async function prepare(client: Client) {
  const { rows } = await client.query('select from landfall.migration limit 1')
  if (rows.length > 0) throw new Error('The database holds migrations already; give an empty one.')
  await client.query(
    `set synchronous_commit = off; set maintenance_work_mem = '512MB'; set work_mem = '128MB'`,
  )
  await client.query('select setseed(0.5)')
  for (const table of ['migration', 'transition'])
    await client.query(`alter table landfall.${table} disable trigger user`)
  await client.query(
    `insert into landfall.account (name, provider, policy, baseline_at)
     select 'account-' || n, 'anon', 'adaptive', now() from generate_series(1, $1::int) n`,
    [ACCOUNTS],
  )
  await client.query(
    `insert into landfall.hook (name, kind, events, state) values ('default', 'webhook', '{migration.completed}', 'active'),
      ('ops', 'slack', '{migration.failed}', 'disabled'), ('new', 'webhook', '{migration.overdue}', 'active')`,
  )
  await client.query(STEP_TABLE)
  return await dropIndexes(client, FILLED)
}

async function seedBatch(client: Client, load: Load, first: number, last: number): Promise<number> {
  const each = Math.max(2, Math.round(load.transitions / load.migrations))
  const companies = Math.max(1, Math.round(load.migrations / 50))
  await client.query('begin')
  await client.query('truncate step')
  await client.query(STEPS, [first, last, each, load.days, load.migrations])
  await client.query(MIGRATIONS, [companies])
  const { rowCount } = await client.query(TRANSITIONS)
  await client.query(EVENTS)
  await client.query('commit')
  return rowCount ?? 0
}

// As it is while recording goes on: two hours to be computed, and deltas that cancel each other out.
const UNFOLDED = `
  with open as (
    insert into landfall.lag_touched (account, hour)
    select a.name, landfall.hour_of(now()) - make_interval(hours => h)
    from landfall.account a cross join generate_series(0, 1) h cross join generate_series(1, 40)
    -- The last one has few migrations: it need not have any in these hours.
    where a.name <> 'account-${ACCOUNTS}')
  insert into landfall.migration_delta (account, company_id, status, phase, vanished, seen_on, n)
  select account, company_id, status, phase, false, landfall.day_of(first_seen_at), n
  from (select * from landfall.migration order by id desc limit 250) m cross join (values (1), (-1)) as image (n)`

async function finish(client: Client, days: number): Promise<void> {
  await client.query(
    `insert into landfall.usage (hour, account, list_requests, get_requests)
     select date_trunc('hour', now()) - make_interval(hours => h), a.name, 700, 6500
     from generate_series(0, $1::int) h cross join landfall.account a`,
    [24 * Math.ceil(days)],
  )
  await client.query(
    `select setval(pg_get_serial_sequence('landfall.migration', 'id'), (select max(id) from landfall.migration))`,
  )
  await client.query('select landfall.rebuild_rollups()')
  await client.query(UNFOLDED)
  for (const table of ['migration', 'transition'])
    await client.query(`alter table landfall.${table} enable trigger user`)
}

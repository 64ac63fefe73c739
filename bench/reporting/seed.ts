import type { Client } from 'pg'

export interface Load {
  readonly migrations: number
  readonly transitions: number
  /** The stretch of time up to now over which the migrations are spread. */
  readonly days: number
}

export interface Progress {
  readonly migrations: number
  readonly transitions: number
  readonly seconds: number
}

const ACCOUNTS = 3
const BATCH = 5_000

/**
 * Fills an empty database: lives of some two days each, one event per transition, one delivery per ending. The triggers
 * sleep meanwhile; the rollups are built at the end.
 */
export async function seed(client: Client, load: Load, onProgress: (progress: Progress) => void) {
  const startMs = Date.now()
  let transitions = 0
  await prepare(client)
  for (let first = 1; first <= load.migrations; first += BATCH) {
    const last = Math.min(load.migrations, first + BATCH - 1)
    transitions += await seedBatch(client, load, first, last)
    onProgress({ migrations: last, transitions, seconds: (Date.now() - startMs) / 1000 })
  }
  await finish(client, load.days)
  return { transitions, seconds: (Date.now() - startMs) / 1000 }
}

async function prepare(client: Client): Promise<void> {
  const { rows } = await client.query('select from landfall.migration limit 1')
  if (rows.length > 0) throw new Error('The database holds migrations already; give an empty one.')
  await client.query('select setseed(0.5)')
  for (const table of ['migration', 'transition'])
    await client.query(`alter table landfall.${table} disable trigger user`)
  await client.query(
    `insert into landfall.account (name, provider, policy, baseline_at)
     select 'account-' || n, 'anon', 'adaptive', now() from generate_series(1, $1::int) n`,
    [ACCOUNTS],
  )
  await client.query(
    `insert into landfall.hook (name, kind, events) values ('default', 'webhook', '{migration.completed}')`,
  )
  await client.query(STEP_TABLE)
}

const STEP_TABLE = `create temp table step (
  migration bigint, seq int, from_status text, to_status text, from_phase text, to_phase text, not_before timestamptz,
  not_after timestamptz)`

// Every hundredth never ends. What would lie in the future has not happened yet.
const STEPS = `
  with life as (
    select i, now() - make_interval(secs => 86400 * $4::float8 * (1 - i::float8 / $5)) as began_at,
      make_interval(secs => 4 * 86400 * random()) as lasts,
      case when i % 100 = 0 then 'WORKING' else
        (array['COMPLETE', 'COMPLETE', 'COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED'])[1 + floor(6 * random())::int]
      end as ends
    from generate_series($1::int, $2::int) i),
  shown as (
    select i, k, began_at + lasts * ((k - 1)::float8 / greatest(1, $3::int - 1)) as at,
      case when k = 1 then 'NOT_READY' when k = $3 then ends when k % 2 = 0 then 'WORKING' else 'PENDING_USER_INPUT' end as status
    from life cross join generate_series(1, $3::int) k)
  insert into step
  select i, k, lag(status) over history, status, lag(phase) over history, phase,
    case when k > 1 then at - make_interval(secs => 1 + 20 * random()) end, at
  from shown join (values ('NOT_READY', 'pending'), ('WORKING', 'running'), ('PENDING_USER_INPUT', 'needs_input'),
    ('COMPLETE', 'succeeded'), ('COMPLETED_WITH_FAILURES', 'partial'), ('FAILED', 'failed'),
    ('LOGIN_ABANDONED', 'abandoned')) as meaning (status, phase) using (status)
  where at <= now()
  window history as (partition by i order by k)`

const MIGRATIONS = `
  insert into landfall.migration (id, account, migration_id, status, phase, furthest, company_id, attributes, created_at,
    first_seen_at, status_since, finished_at, requested_at, last_observed_at, last_observed_via, next_poll_at, polls,
    transitions, events)
  overriding system value
  select last.migration, 'account-' || (1 + last.migration % $1::int), md5(last.migration::text), last.to_status, last.to_phase,
    case when ended then 2 else 1 end, 'company-' || (last.migration * 7919 % $2::int),
    '{"name": "Export of the ledger", "rows": 120000}', first.not_after, first.not_after, last.not_after,
    case when ended then last.not_after end, last.not_after, last.not_after, 'get',
    case when not ended then now() + interval '1 minute' end, 40, last.seq, last.seq
  from (select distinct on (migration) *, to_phase in ('succeeded', 'partial', 'failed', 'abandoned') as ended
    from step order by migration, seq desc) as last
  join step first on first.migration = last.migration and first.seq = 1`

const TRANSITIONS = `
  insert into landfall.transition (migration, seq, from_status, to_status, from_phase, to_phase, not_before, not_after,
    observed_via, recorded_at)
  select migration, seq, from_status, to_status, from_phase, to_phase, not_before, not_after, 'get', not_after
  from step order by not_after`

const EVENTS = `
  with told as (
    insert into landfall.event (id, type, account, migration, migration_id, sequence, recorded_at, payload)
    select 'evt_' || step.migration || '_' || step.seq,
      case when to_phase = 'succeeded' then 'migration.completed' else 'migration.status_changed' end, m.account, m.id,
      m.migration_id, step.seq, step.not_after, jsonb_build_object('status', to_status)
    from step join landfall.migration m on m.id = step.migration order by step.not_after
    returning id, type, migration, sequence, recorded_at)
  insert into landfall.delivery (event, hook, stream, sequence, state, attempts, first_attempt_at, delivered_at)
  select id, 'default', 'm' || migration, sequence, case when migration % 499 = 0 then 'dead' else 'delivered' end, 1,
    recorded_at, case when migration % 499 <> 0 then recorded_at + interval '1 second' end
  from told where type = 'migration.completed'`

async function seedBatch(client: Client, load: Load, first: number, last: number): Promise<number> {
  const each = Math.max(2, Math.round(load.transitions / load.migrations))
  const companies = Math.max(1, Math.round(load.migrations / 50))
  await client.query('begin')
  await client.query('truncate step')
  await client.query(STEPS, [first, last, each, load.days, load.migrations])
  await client.query(MIGRATIONS, [ACCOUNTS, companies])
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
    from landfall.account a cross join generate_series(0, 1) h cross join generate_series(1, 40))
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
  // What the server does by itself in its own time.
  await client.query('vacuum analyze')
}

import pg from 'pg'

import { seed } from '../../bench/reporting/seed.ts'
import type { Config } from '../../src/config/config.ts'
import { type Daemon, startDaemon } from '../../src/daemon.ts'
import { testAccount, testConfig, testHook, testLog } from '../support/daemon.ts'

const NAMES = ['account-1', 'account-2', 'account-3']

/** Fills an empty database with migrations of 30 days in three accounts, and something of all that the page has words for. */
export async function fillWorld(url: string, migrations: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await seed(client, { migrations, transitions: 4 * migrations, days: 30 }, () => {})
    for (const statement of TROUBLES) await client.query(statement)
  } finally {
    await client.end()
  }
}

const TROUBLES = [
  `update landfall.account set last_sweep_completed_at = now() - interval '4 minutes'`,
  `update landfall.account set state = 'suspended', state_reason = 'It answered 401.' where name = 'account-3'`,
  `insert into landfall.planner (account, config)
   select 'account-' || n, '{"requestsPerSecond": 2, "pageSize": 100, "sweepEveryMs": 300000, "lagGoalMs": 15000}'
   from generate_series(1, 2) n`,
  `update landfall.migration set overdue = true
   where id in (select id from landfall.migration where phase = 'running' order by status_since limit 7)`,
  // As much of the hour that is not over as has passed.
  `update landfall.usage u set list_requests = passed * (300 + 5 * nth), get_requests = passed * (5600 + 40 * nth),
     rate_limited = passed * (3 * nth % 7), errors = passed * (5 * nth % 11)
   from (select hour, account, extract(hour from hour)::int as nth, least(1, extract(epoch from now() - hour) / 3600) as passed
     from landfall.usage) as share where share.hour = u.hour and share.account = u.account`,
  // Those of a hook that no longer is.
  `delete from landfall.delivery where state = 'held'`,
  // As recording would have called them.
  `update landfall.event e set payload = payload || jsonb_build_object('phase', t.to_phase),
     type = case when t.from_status is null then 'migration.discovered' else case t.to_phase
       when 'partial' then 'migration.completed_with_failures' when 'failed' then 'migration.failed'
       when 'abandoned' then 'migration.abandoned' when 'needs_input' then 'migration.needs_input' else e.type end end
   from landfall.transition t where t.migration = e.migration and t.seq = e.sequence`,
  `update landfall.delivery set last_error = 'The answer was 503 Service Unavailable', last_status_code = 503, attempts = 10
   where state = 'dead'`,
  `update landfall.delivery set last_status_code = 204 where state = 'delivered'`,
  `insert into landfall.hook (name, kind, events, failures, failing_since, last_failure_at)
   values ('team', 'slack', '{migration.failed,migration.needs_input}', 4, now() - interval '7 minutes', now())`,
]

/** So many more that have ended, without their history. */
export async function addEnded(url: string, migrations: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('alter table landfall.migration disable trigger user')
    await client.query(ENDED, [migrations])
    await client.query('alter table landfall.migration enable trigger user')
    await client.query('select landfall.rebuild_rollups()')
    await client.query('vacuum analyze landfall.migration')
  } finally {
    await client.end()
  }
}

const ENDED = `
  insert into landfall.migration (account, migration_id, status, phase, furthest, company_id, attributes, created_at,
    first_seen_at, status_since, finished_at, requested_at, last_observed_at, last_observed_via, polls, transitions, events)
  select 'account-' || (1 + i % 3), md5('ended ' || i), 'COMPLETE', 'succeeded', 2, 'company-' || i % 2000, '{}', at, at, at, at,
    at, at, 'get', 9, 1, 0
  from generate_series(1, $1::int) i, lateral (select now() - make_interval(mins => 60 + i % 40000) as at) as moment`

/** A process that serves such a world, and works on nothing. */
export async function serveWorld(databaseUrl: string, change: Partial<Config> = {}): Promise<Daemon> {
  const accounts = NAMES.map((name) =>
    testAccount('http://127.0.0.1:1', { name, requestsPerSecond: 2, burst: 10 }),
  )
  const hooks = [testHook('http://127.0.0.1:1/'), testHook('http://127.0.0.1:1/', { name: 'team' })]
  const roles = new Set(['serve'] as const)
  return startDaemon(testConfig({ databaseUrl, accounts, hooks, roles, ...change }), testLog, () => undefined)
}

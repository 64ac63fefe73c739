import { setTimeout as delay } from 'node:timers/promises'

import { v7 as uuidv7 } from 'uuid'

import { registerAccount } from '../../src/store/accounts.ts'
import { type Db, inTransaction } from '../../src/store/db.ts'
import { type EventRow, insertEvents } from '../../src/store/events.ts'

/** Migrations whose events are to be delivered; each has a stream of its own. */
export async function createMigrations(db: Db, count: number): Promise<bigint[]> {
  await registerAccount(db, { name: 'bench', provider: 'anon', policy: 'backoff' })
  const { rows } = await db.pool.query<{ id: string }>(
    `insert into landfall.migration (account, migration_id, status, phase, furthest, first_seen_at, status_since,
       requested_at, last_observed_at, last_observed_via, transitions, events)
     select 'bench', 'm-' || gen_random_uuid(), 'WORKING', 'running', 1, now(), now(), now(), now(), 'get', 1, 0
     from generate_series(1, $1) returning id`,
    [count],
  )
  return rows.map(({ id }) => BigInt(id))
}

/** When each event was committed, by its id. */
export type Commits = Map<string, number>

/** Commits one event at a time, so many a second, spread evenly. */
export async function commitEvenly(db: Db, keys: readonly bigint[], perSecond: number): Promise<Commits> {
  const commits: Commits = new Map()
  const startMs = performance.now()
  const writing: Promise<void>[] = []
  for (const [index, key] of keys.entries()) {
    const waitMs = startMs + (index * 1000) / perSecond - performance.now()
    if (waitMs > 1) await delay(waitMs)
    writing.push(commitOne(db, key, commits))
  }
  await Promise.all(writing)
  return commits
}

async function commitOne(db: Db, key: bigint, commits: Commits): Promise<void> {
  const row = eventOf(key)
  await inTransaction(db, (tx) => insertEvents(tx, [row]))
  commits.set(row.id, Date.now())
}

/** Commits all of them at once. */
export async function commitTogether(db: Db, keys: readonly bigint[]): Promise<void> {
  await inTransaction(db, (tx) => insertEvents(tx, keys.map(eventOf)))
}

function eventOf(key: bigint): EventRow {
  const migrationId = `m-${key}`
  const payload = {
    account: 'bench',
    provider: 'anon',
    migration_id: migrationId,
    status: 'COMPLETE',
    previous_status: 'WORKING',
    phase: 'succeeded',
    company_id: 'abcdef1234567890',
    created_by_user_id: '9876543210fedcba',
    created_at: '2026-03-04T09:15:02.118340Z',
    not_before: '2026-03-04T09:22:31.000Z',
    not_after: '2026-03-04T09:22:41.000Z',
    observed_via: 'get',
  }
  const id = `evt_${uuidv7().replaceAll('-', '')}`
  const about = { account: 'bench', migration: key, migrationId, sequence: 1 }
  return { id, type: 'migration.completed', ...about, payload }
}

import { v7 as uuidv7 } from 'uuid'

import { registerAccount } from '../../src/store/accounts.ts'
import { type Db, inTransaction } from '../../src/store/db.ts'
import { insertEvents } from '../../src/store/events.ts'
import { query } from './account.ts'

export interface TestEvents {
  /** Migrations, each with a stream of its own. */
  readonly streams: number
  readonly perStream: number
}

/** Commits events without a provider that tells them, stream by stream; returns their ids. */
export async function createTestEvents(db: Db, { streams, perStream }: TestEvents): Promise<string[]> {
  await registerAccount(db, { name: 'acme', provider: 'anon', policy: 'backoff' })
  const rows = await query<{ id: string; migration_id: string }>(
    db,
    `insert into landfall.migration (account, migration_id, status, phase, furthest, first_seen_at, status_since,
       requested_at, last_observed_at, last_observed_via, transitions, events)
     select 'acme', 'm-' || n, 'WORKING', 'running', 1, now(), now(), now(), now(), 'get', 1, 0
     from generate_series(1, $1) n returning id, migration_id`,
    [streams],
  )
  const ids: string[] = []
  for (const row of rows) {
    const events = Array.from({ length: perStream }, (_, index) => ({
      id: `evt_${uuidv7().replaceAll('-', '')}`,
      type: 'migration.status_changed' as const,
      account: 'acme',
      migration: BigInt(row.id),
      migrationId: row.migration_id,
      sequence: index + 1,
      payload: { account: 'acme', provider: 'anon', migration_id: row.migration_id },
    }))
    await inTransaction(db, (tx) => insertEvents(tx, events))
    ids.push(...events.map(({ id }) => id))
  }
  return ids
}

import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'
import type { Identity } from './views/migrations.ts'

/**
 * From here on the migration's status is this run's; it is read next. Another run begins another life, so that its status is
 * believed although the last run had ended. Returns when that was, by the database's clock.
 */
export async function recordRun(db: Db, { account, migration_id }: Identity, runId: string): Promise<string> {
  const [row] = await rowsOf<{ at: string }>(
    db,
    sql`update landfall.migration set run_id = ${runId}, next_poll_at = now(), urgent = true,
        furthest = case when run_id is distinct from ${runId} then 0 else furthest end
      where account = ${account} and migration_id = ${migration_id} returning now() as at`,
  )
  if (row === undefined) throw new Error(`record run: there is no migration ${account}/${migration_id}`)
  return row.at
}

/** Whether the newest reading was requested at that time or later. */
export async function isReadSince(db: Db, { account, migration_id }: Identity, at: string): Promise<boolean> {
  const rows = await rowsOf(
    db,
    sql`select from landfall.migration
      where account = ${account} and migration_id = ${migration_id} and requested_at >= ${at}::timestamptz`,
  )
  return rows.length > 0
}

/** The run whose status is the migration's; null where none is known. */
export async function findRun(db: Db, { account, migration_id }: Identity): Promise<string | null> {
  const { rows } = await db.execute<{ run: string | null }>(sql`
    select run_id as run from landfall.migration where account = ${account} and migration_id = ${migration_id}`)
  return rows[0]?.run ?? null
}

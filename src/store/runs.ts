import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import type { Identity } from './views/migrations.ts'

/** From here on the migration's status is this run's; it is read next. */
export async function recordRun(db: Db, { account, migration_id }: Identity, runId: string): Promise<void> {
  await db.execute(sql`
    update landfall.migration set run_id = ${runId}, next_poll_at = now(), urgent = true
    where account = ${account} and migration_id = ${migration_id}`)
}

/** The run whose status is the migration's; null where none is known. */
export async function findRun(db: Db, { account, migration_id }: Identity): Promise<string | null> {
  const { rows } = await db.execute<{ run: string | null }>(sql`
    select run_id as run from landfall.migration where account = ${account} and migration_id = ${migration_id}`)
  return rows[0]?.run ?? null
}

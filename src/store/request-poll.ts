import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import type { Identity } from './views/migrations.ts'

/** The migration is due now, whatever was planned. */
export async function requestPoll(db: Db, migration: Identity): Promise<void> {
  await db.execute(
    sql`update landfall.migration set next_poll_at = now(), urgent = true
      where account = ${migration.account} and migration_id = ${migration.migration_id}`,
  )
}

import { readFileSync } from 'node:fs'

import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'

export interface ServerState {
  readonly version: string
  readonly schemaChanges: { readonly applied: number; readonly total: number }
  /** Whether BullMQ has its tables here. */
  readonly hasBullmq: boolean
}

export async function loadServerState(db: Db): Promise<ServerState> {
  const rows = await rowsOf<{ version: string; has_changes: boolean; has_bullmq: boolean }>(
    db,
    sql`select current_setting('server_version') as version,
      to_regclass('landfall.schema_change') is not null as has_changes,
      to_regclass('bullmq.migration') is not null as has_bullmq`,
  )
  const row = rows[0]
  if (row === undefined) throw new Error('load server state: no answer')
  const counted = row.has_changes
    ? await rowsOf<{ n: number }>(db, sql`select count(*)::int as n from landfall.schema_change`)
    : []
  const schemaChanges = { applied: counted[0]?.n ?? 0, total: countKnownChanges() }
  return { version: row.version, schemaChanges, hasBullmq: row.has_bullmq }
}

function countKnownChanges(): number {
  const journal = new URL('../../migrations-sql/meta/_journal.json', import.meta.url)
  return (JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] }).entries.length
}

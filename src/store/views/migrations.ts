import { type SQL, sql } from 'drizzle-orm'

import type { Phase } from '../../domain/phase.ts'
import type { Via } from '../../domain/reading.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'
import { escapeLike } from './page.ts'

/*
 * What people read, with the names of schema `reporting`. Moments are texts: RFC 3339 in UTC, as precise as Postgres
 * has them.
 */

export type MigrationRow = {
  readonly account: string
  readonly provider: string
  readonly migration_id: string
  readonly status: string
  readonly phase: Phase
  readonly is_terminal: boolean
  readonly company_id: string | null
  readonly created_by_user_id: string | null
  readonly created_at: string | null
  readonly first_seen_at: string
  readonly status_since: string
  readonly finished_at: string | null
  readonly last_observed_at: string
  readonly last_observed_via: Via
  readonly next_poll_at: string | null
  readonly polls: number
  readonly transitions: number
  readonly overdue: boolean
  readonly vanished_at: string | null
  readonly attributes: Record<string, unknown>
}

/** What tells one migration from all others. */
export interface Identity {
  readonly account: string
  readonly migration_id: string
}

/** The migrations with this id, at most one per account. */
export async function findMigrations(
  db: Db,
  migrationId: string,
  account: string | null,
): Promise<MigrationRow[]> {
  // By account, as ids are indexed behind it.
  const accounts = account === null ? sql`select name from landfall.account` : sql`select ${account}::text`
  return rowsOf<MigrationRow>(
    db,
    sql`select * from reporting.migrations where account in (${accounts}) and migration_id = ${migrationId} order by account`,
  )
}

/** Those whose ids begin and end so; a handful at most. */
export async function findByEnds(
  db: Db,
  start: string,
  end: string,
  account: string | null,
): Promise<MigrationRow[]> {
  const pattern = `${escapeLike(start)}%${escapeLike(end)}`
  const conditions: SQL[] = [
    sql`migration_id like ${pattern}`,
    ...(account === null ? [] : [sql`account = ${account}`]),
  ]
  return rowsOf<MigrationRow>(
    db,
    sql`select * from reporting.migrations where ${sql.join(conditions, sql` and `)} order by account, migration_id limit 5`,
  )
}

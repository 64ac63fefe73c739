import { sql } from 'drizzle-orm'

import type { Phase } from '../domain/phase.ts'
import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'
import type { TransitionRow } from './views/history.ts'

/*
 * What a live view asks for again and again, of one account or (null) of all: each question costs about what its answer
 * has rows.
 */

/** How many migrations stand in each phase; those that have vanished are left out. */
export async function countByPhase(db: Db, account: string | null): Promise<ReadonlyMap<Phase, number>> {
  const rows = await rowsOf<{ phase: Phase; n: number }>(
    db,
    sql`select phase, sum(migrations)::int as n from reporting.status_counts
      where ${account}::text is null or account = ${account} group by phase having sum(migrations) > 0`,
  )
  return new Map(rows.map(({ phase, n }) => [phase, n]))
}

/** The transitions that were recorded last, the newest first. */
export async function listNewestTransitions(
  db: Db,
  account: string | null,
  limit: number,
): Promise<TransitionRow[]> {
  // By their events, which are indexed by time.
  return rowsOf<TransitionRow>(
    db,
    sql`with told as (
        select id, migration, recorded_at from landfall.event
        where type in ('migration.discovered', 'migration.status_changed')
          and (${account}::text is null or account = ${account})
        order by recorded_at desc, id desc limit ${limit})
      select m.account, m.migration_id, t.seq, t.from_status, t.to_status, t.from_phase, t.to_phase, t.not_before,
        t.not_after, t.observed_via, t.recorded_at
      from told join landfall.migration m on m.id = told.migration
      join landfall.transition t on t.migration = told.migration and t.recorded_at = told.recorded_at
      order by told.recorded_at desc, told.id desc`,
  )
}

export type LagRow = {
  readonly account: string
  readonly transitions: number
  readonly p50_seconds: number
  readonly p99_seconds: number
}

/** How late changes were noticed at most, in the newest hour with any; accounts without one in a day are left out. */
export async function listNewestLag(db: Db): Promise<LagRow[]> {
  return rowsOf<LagRow>(
    db,
    sql`select distinct on (account) account, transitions::int, p50_seconds, p99_seconds from reporting.detection_lag
      where hour > now() - interval '1 day' and transitions > 0 order by account, hour desc`,
  )
}

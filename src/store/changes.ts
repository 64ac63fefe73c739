import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'
import type { TransitionRow } from './views/history.ts'

/** Up to where a reader of changes has come. */
export interface ChangeCursor {
  /** The transactions whose changes it has seen, as `pg_current_snapshot` writes them. */
  readonly snapshot: string
  readonly at: string
}

/** Before anything was recorded. */
export const FIRST_CHANGE: ChangeCursor = { snapshot: '1:1:', at: '1970-01-01T00:00:00Z' }

export async function loadChangeCursor(db: Db): Promise<ChangeCursor> {
  const rows = await rowsOf<ChangeCursor & Record<string, unknown>>(
    db,
    sql`select pg_current_snapshot()::text as snapshot, now() as at`,
  )
  return rows[0] ?? FIRST_CHANGE
}

export type ChangeRow = TransitionRow & {
  readonly company_id: string | null
  readonly created_at: string | null
  /** Recorded before the account's first sweep was complete. */
  readonly in_baseline: boolean
}

/**
 * The transitions recorded since the cursor, each exactly once. Transactions become visible in another order than they
 * began in, so a time alone would skip some; the snapshot tells which ones are new. (`xmin` holds the lower half of a
 * transaction's number, whose upper half is that of the newest, or one less.)
 */
export async function listChanges(
  db: Db,
  since: ChangeCursor,
): Promise<{ changes: ChangeRow[]; cursor: ChangeCursor }> {
  const rows = await rowsOf<ChangeRow & { cursor_snapshot: string; cursor_at: string }>(
    db,
    sql`
    with here as (
      select pg_current_snapshot() as snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as top)
    select here.snapshot::text as cursor_snapshot, now() as cursor_at, change.* from here left join lateral (
      select m.account, m.migration_id, t.seq, t.from_status, t.to_status, t.from_phase, t.to_phase, t.not_before,
        t.not_after, t.observed_via, t.recorded_at, m.company_id, m.created_at,
        coalesce(t.recorded_at <= a.baseline_at, true) as in_baseline
      from landfall.event e
      join landfall.migration m on m.id = e.migration
      join landfall.account a on a.name = m.account
      join landfall.transition t on t.migration = e.migration and t.recorded_at = e.recorded_at
      where e.recorded_at > ${since.at}::timestamptz - interval '2 minutes'
        and e.type in ('migration.discovered', 'migration.status_changed')
        and not pg_visible_in_snapshot((
          (here.top & ~4294967295) + e.xmin::text::bigint
            - case when e.xmin::text::bigint > (here.top & 4294967295) then 4294967296 else 0 end
          )::text::xid8, ${since.snapshot}::pg_snapshot)) change on true
    order by change.recorded_at, change.account, change.migration_id`,
  )
  const [first] = rows
  const cursor = first === undefined ? since : { snapshot: first.cursor_snapshot, at: first.cursor_at }
  const changes = rows.flatMap(({ cursor_snapshot, cursor_at, ...change }) =>
    change.seq === null ? [] : [change],
  )
  return { changes, cursor }
}

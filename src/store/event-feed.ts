import { type SQL, sql } from 'drizzle-orm'

import type { ToldEvent } from '../domain/outgoing-event.ts'
import type { Db } from './db.ts'

type FeedRow = {
  id: string
  type: string
  account: string | null
  hook: string | null
  migration_id: string | null
  sequence: number
  recorded_at: string
  payload: Record<string, unknown>
}

/** Transactions that are older than every one that may still commit. */
const SETTLED = sql`transaction < pg_snapshot_xmin(pg_current_snapshot())`

/**
 * The events behind this one (null: from the first), in one order for every reader and for ever: that of their
 * transactions' numbers. Nothing is given out while an older transaction may still commit, so that none is skipped.
 * Null where the event is not known.
 */
export async function listEventsAfter(
  db: Db,
  after: string | null,
  limit: number,
): Promise<ToldEvent[] | null> {
  const place = after === null ? sql`` : await placeBehind(db, after)
  if (place === null) return null
  const { rows } = await db.execute<FeedRow>(sql`
    select id, type, account, hook, migration_id, sequence, recorded_at, payload from landfall.event
    where ${SETTLED} ${place} order by transaction, id limit ${limit}`)
  return rows.map(({ migration_id: migrationId, recorded_at, ...row }) => {
    return { ...row, migrationId, recordedAt: new Date(recorded_at) }
  })
}

/** The last event that a reader could have been given; null before the first. */
export async function findLatestEvent(db: Db): Promise<string | null> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from landfall.event where ${SETTLED} order by transaction desc, id desc limit 1`,
  )
  return rows[0]?.id ?? null
}

/** The last event that stands in the feed before all that was recorded from this moment on; null before the first. */
export async function findEventBefore(db: Db, since: Date): Promise<string | null> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with next as (
      select transaction, id from landfall.event where recorded_at >= ${since.toISOString()}::timestamptz
      order by transaction, id limit 1)
    select id from landfall.event
    where ${SETTLED} and (not exists (select from next) or (transaction, id) < (select transaction, id from next))
    order by transaction desc, id desc limit 1`)
  return rows[0]?.id ?? null
}

async function placeBehind(db: Db, id: string): Promise<SQL | null> {
  const { rows } = await db.execute<{ transaction: string }>(
    sql`select transaction::text from landfall.event where id = ${id}`,
  )
  const [row] = rows
  return row === undefined ? null : sql`and (transaction, id) > (${row.transaction}::xid8, ${id}::text)`
}

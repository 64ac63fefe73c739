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

/**
 * Events whose transactions are older than every one that may still commit. Those of an earlier generation all committed
 * before the restore that began this one.
 */
const SETTLED = sql`(generation < landfall.feed_generation() or transaction < pg_snapshot_xmin(pg_current_snapshot()))`

/**
 * The events behind this one (null: from the first), in one order for every reader and for ever: that of their
 * generations and their transactions' numbers. Nothing is given out while an older transaction may still commit, so that none is skipped.
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
    where ${SETTLED} ${place} order by generation, transaction, id limit ${limit}`)
  return rows.map(({ migration_id: migrationId, recorded_at, ...row }) => {
    return { ...row, migrationId, recordedAt: new Date(recorded_at) }
  })
}

/** The last event that a reader could have been given; null before the first. */
export async function findLatestEvent(db: Db): Promise<string | null> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from landfall.event where ${SETTLED} order by generation desc, transaction desc, id desc limit 1`,
  )
  return rows[0]?.id ?? null
}

/** The last event that stands in the feed before all that was recorded from this moment on; null before the first. */
export async function findEventBefore(db: Db, since: Date): Promise<string | null> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with next as (
      select generation, transaction, id from landfall.event
      where recorded_at >= ${since.toISOString()}::timestamptz order by generation, transaction, id limit 1)
    select id from landfall.event
    where ${SETTLED} and (not exists (select from next)
      or (generation, transaction, id) < (select generation, transaction, id from next))
    order by generation desc, transaction desc, id desc limit 1`)
  return rows[0]?.id ?? null
}

async function placeBehind(db: Db, id: string): Promise<SQL | null> {
  const { rows } = await db.execute<{ generation: number; transaction: string }>(
    sql`select generation, transaction::text from landfall.event where id = ${id}`,
  )
  const [row] = rows
  if (row === undefined) return null
  return sql`and (generation, transaction, id) > (${row.generation}::int, ${row.transaction}::xid8, ${id}::text)`
}

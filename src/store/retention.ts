import { sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'

import type { Db } from './db.ts'

/** Any number, the same in every version: whoever holds it removes old rows. */
const LOCK = 7_265_003

/** What one statement removed; the next one goes on behind `reached`. */
interface Removed {
  readonly rows: number
  readonly reached: Date | null
}

/** One statement at a time, each its own transaction. */
export type RemoveBatch = (keepMs: number, from: Date | null, atMost: number) => Promise<Removed>

export interface Removal {
  readonly deliveries: RemoveBatch
  readonly usage: RemoveBatch
}

/**
 * Runs `work` in one process at a time; null where another is at it. The lock is a session's, so that it goes with the
 * process, and no transaction stays open for it.
 */
export async function removeAlone<T>(db: Db, work: (removal: Removal) => Promise<T>): Promise<T | null> {
  const client = await db.openSession()
  try {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
    if (rows[0]?.held !== true) return null
    const session = drizzle(client)
    return await work({
      deliveries: (...batch) => removeDelivered(session, ...batch),
      usage: (...batch) => removeUsage(session, ...batch),
    })
  } finally {
    // With its session the lock goes too.
    await client.end().catch(() => {})
  }
}

type Counted = { readonly n: number; readonly reached: string | null }

/** Oldest first. What has not arrived stays, however old: it waits for its hook or for a person. */
async function removeDelivered(
  session: NodePgDatabase,
  keepMs: number,
  from: Date | null,
  atMost: number,
): Promise<Removed> {
  const { rows } = await session.execute<Counted>(sql`
    with old as (
      select id, delivered_at from landfall.delivery
      where state = 'delivered' and delivered_at < now() - ${keepMs / 1000} * interval '1 second'
        and delivered_at >= coalesce(${from?.toISOString() ?? null}::timestamptz, '-infinity')
      order by delivered_at limit ${atMost} for update skip locked),
    gone as (
      delete from landfall.delivery d using old where d.id = old.id)
    select count(*)::int as n, max(delivered_at) as reached from old`)
  return toRemoved(rows[0])
}

async function removeUsage(
  session: NodePgDatabase,
  keepMs: number,
  from: Date | null,
  atMost: number,
): Promise<Removed> {
  const { rows } = await session.execute<Counted>(sql`
    with old as (
      select account, hour from landfall.usage
      where hour < now() - ${keepMs / 1000} * interval '1 second'
        and hour >= coalesce(${from?.toISOString() ?? null}::timestamptz, '-infinity')
      order by hour limit ${atMost} for update skip locked),
    gone as (
      delete from landfall.usage u using old where u.account = old.account and u.hour = old.hour)
    select count(*)::int as n, max(hour) as reached from old`)
  return toRemoved(rows[0])
}

function toRemoved(counted: Counted | undefined): Removed {
  const { n = 0, reached = null } = counted ?? {}
  return { rows: n, reached: reached === null ? null : new Date(reached) }
}

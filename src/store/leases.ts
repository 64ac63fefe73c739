import { type SQL, sql } from 'drizzle-orm'

/** How long a claim waits for a worker to take it up; then it is given out again. */
export const HANDOVER_S = 5
/** How long what is claimed may take in all, with room to spare; then another process may do it again. */
export const WORK_S = 25

/** From now, on the database's clock. */
export const inSeconds = (seconds: number): SQL => sql`now() + make_interval(secs => ${seconds})`

/**
 * Nobody holds a claim with this end. One further away than any claim reaches was set before the clock was set back,
 * and would otherwise hold for as long as that.
 */
export function isFree(leaseUntil: string): SQL {
  const column = sql.raw(leaseUntil)
  return sql`(${column} is null or ${column} < now() or ${column} > now() + interval '1 minute')`
}

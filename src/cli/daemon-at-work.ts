import { formatDuration } from '../domain/duration.ts'
import type { Db } from '../store/db.ts'
import { loadTickAges } from '../store/health.ts'

/** A daemon ticks about every second; after so long without one, none is at work. */
export const TICK_AGE_LIMIT_MS = 15_000

/** Why nothing is read of this account at present, as a sentence; null where a daemon is at work for it. */
export async function describeIdle(db: Db, account: string): Promise<string | null> {
  const ageMs = (await loadTickAges(db, [account])).get(account) ?? null
  if (ageMs !== null && ageMs <= TICK_AGE_LIMIT_MS) return null
  const since = ageMs === null ? '' : ` (the last one was at work ${formatDuration(ageMs)} ago)`
  return `no daemon is at work for account ${account}${since}`
}

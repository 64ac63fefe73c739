import { type SQL, sql } from 'drizzle-orm'

import type { Pace } from '../domain/adaptive-rate.ts'
import { bucketOf, halvedShareAt, type Rate, seconds, shareAt } from './bucket.ts'
import { blockBudget } from './budgets.ts'
import type { Db, Tx } from './db.ts'

/** The requests per second that the account may make at present: never more than configured. */
export async function effectiveRate(db: Pick<Db, 'execute'>, account: string, rate: Rate): Promise<number> {
  const { rows } = await db.execute<{ speed: number }>(
    sql`with ${bucketOf(account, rate, sql``)} select speed from bucket`,
  )
  return rows[0]?.speed ?? rate.requestsPerSecond
}

/** A refused request, and how long the account pauses for it. */
export interface Throttle {
  readonly requestedAt: Date
  readonly pauseMs: number
}

/**
 * Halves the account's rate, which grows back slowly after the pause. Returns the share of the configured rate that is
 * left; null where the refused request was sent before the last pause began, and so belongs to a wave that has
 * been answered for.
 */
export function halveRate(tx: Tx, account: string, throttle: Throttle): Promise<number | null> {
  return setShare(tx, account, throttle, halvedShareAt(sql`clock_timestamp()`))
}

/** Keeps the account's rate from growing back until the pause is over. */
export async function holdRate(tx: Tx, account: string, throttle: Throttle): Promise<void> {
  await setShare(tx, account, throttle, shareAt(sql`clock_timestamp()`))
}

async function setShare(
  tx: Tx,
  account: string,
  { requestedAt, pauseMs }: Throttle,
  share: SQL,
): Promise<number | null> {
  const { rows } = await tx.execute<{ share: number }>(sql`
    update landfall.budget set share = ${share}, share_at = clock_timestamp() + ${seconds(pauseMs / 1000)}
    where account = ${account}
      and (blocked_until is null or blocked_until <= ${requestedAt.toISOString()}::timestamptz)
    returning share`)
  return rows[0]?.share ?? null
}

export interface Traffic {
  /** Requests of the account let out after this one, by any process. */
  readonly sentSince: number
  readonly blocked: boolean
}

/** Locks the account's budget, and says what has happened since the request of that number. */
export async function lockTraffic(tx: Tx, account: string, number: number): Promise<Traffic> {
  const { rows } = await tx.execute<{ sentSince: number; blocked: boolean }>(sql`
    select (granted - ${number}::bigint)::float8 as "sentSince",
      coalesce(blocked_until > clock_timestamp(), false) as blocked
    from landfall.budget where account = ${account} for update`)
  return rows[0] ?? { sentSince: 0, blocked: false }
}

/** From now on the account keeps to this pace, in place of any before. */
export async function recordPace(tx: Tx, account: string, pace: Pace, rate: Rate): Promise<void> {
  if (pace.kind === 'wait') return blockBudget(tx, account, pace.forMs, rate)
  const [perSecond, forMs] = pace.kind === 'spread' ? [pace.requestsPerSecond, pace.forMs] : [null, 0]
  await tx.execute(sql`
    update landfall.budget set pace = ${perSecond}::float8, pace_until = clock_timestamp() + ${seconds(forMs / 1000)}
    where account = ${account}`)
}

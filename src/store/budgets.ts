import { sql } from 'drizzle-orm'

import { SLOW_BUCKET_SECONDS } from '../domain/adaptive-rate.ts'
import { bucketOf, perToken, type Rate, seconds, tokensIn, wholeBucket } from './bucket.ts'
import type { Db } from './db.ts'

export type { Rate } from './bucket.ts'

export type Spending =
  | {
      /** One request may be sent now; `at` is the database's clock. */
      readonly kind: 'granted'
      readonly at: Date
      readonly failures: number
      /** Which of all the account's requests it is. */
      readonly number: number
      /** What a header said makes the account slower at present. */
      readonly paced: boolean
      /** With this request the account is back at its configured rate. */
      readonly recovered: boolean
    }
  | { readonly kind: 'refused' }

/**
 * Takes one token from the account's bucket (generic cell rate algorithm), for one request of this kind. All processes
 * take from the same row, so at most `burst + requestsPerSecond × t` requests start in any time t, and fewer while
 * the account is slowed down.
 */
export async function spendToken(
  db: Db,
  account: string,
  kind: 'get' | 'list',
  rate: Rate,
): Promise<Spending> {
  const column = sql.raw(kind === 'get' ? 'get_requests' : 'list_requests')
  const { rows } = await db.execute<Omit<Extract<Spending, { kind: 'granted' }>, 'kind'>>(sql`
    with ${bucketOf(account, rate, sql`for update`)},
    spent as (
      update landfall.budget b set full_at = k.full_from + ${perToken(rate)}, granted = b.granted + 1,
        slow_full_at = case when k.slow then k.slow_full_from + k.slow_token else b.slow_full_at end,
        share = case when k.share_now >= 1 then 1 else b.share end,
        share_at = case when k.share_now >= 1 then null else b.share_at end
      from bucket k
      where b.account = k.account and not k.blocked
        and k.full_from + ${perToken(rate)} <= k.now + ${wholeBucket(rate)}
        and (not k.slow or k.slow_full_from + k.slow_token <= k.now + k.slow_bucket)
      returning b.account, b.failures, b.granted::float8 as number, k.now as at, k.pace_now is not null as paced,
        k.share < 1 and k.share_now >= 1 as recovered),
    counted as (
      insert into landfall.usage (account, hour, ${column}) select account, date_trunc('hour', at), 1 from spent
      on conflict (account, hour) do update set ${column} = landfall.usage.${column} + 1)
    select at, failures, number, paced, recovered from spent`)
  const row = rows[0]
  return row === undefined ? { kind: 'refused' } : { kind: 'granted', ...row, at: new Date(row.at) }
}

/** Whole tokens in the account's bucket; 0 while it is blocked. */
export async function countTokens(db: Pick<Db, 'execute'>, account: string, rate: Rate): Promise<number> {
  const { rows } = await db.execute<{ tokens: number }>(sql`
    with ${bucketOf(account, rate, sql``)} select ${tokensIn(rate)} as tokens from bucket`)
  return rows[0]?.tokens ?? 0
}

/** Nobody asks this account's provider for a while; afterwards the bucket is empty, so that all begin gently. */
export async function blockBudget(
  db: Pick<Db, 'execute'>,
  account: string,
  forMs: number,
  rate: Rate,
): Promise<void> {
  const until = sql`greatest(blocked_until, clock_timestamp() + ${seconds(forMs / 1000)})`
  await db.execute(sql`
    update landfall.budget set blocked_until = ${until}, full_at = ${until} + ${wholeBucket(rate)},
      slow_full_at = ${until} + ${seconds(SLOW_BUCKET_SECONDS)}
    where account = ${account}`)
}

/** Ends the account's pause, if it has one, with the bucket as empty as the pause would have left it. Says whether it had. */
export async function liftPause(tx: Pick<Db, 'execute'>, account: string): Promise<boolean> {
  const left = sql`(blocked_until - clock_timestamp())`
  const { rows } = await tx.execute(sql`
    update landfall.budget set blocked_until = null, full_at = full_at - ${left},
      slow_full_at = slow_full_at - ${left}, failures = 0, throttles = 0
    where account = ${account} and blocked_until > clock_timestamp() returning 1`)
  return rows.length > 0
}

// What was asked before the pause began belongs to the wave that brought it, and counts no further.
const oneUnlessPaused = (requestedAt: Date) =>
  sql`case when blocked_until > ${requestedAt.toISOString()}::timestamptz then 0 else 1 end`

/** Counts an answer of no use; returns how many came in a row. */
export async function countFailure(
  db: Pick<Db, 'execute'>,
  account: string,
  requestedAt: Date,
): Promise<number> {
  const { rows } = await db.execute<{ failures: number }>(sql`
    with counted as (
      insert into landfall.usage (account, hour, errors) values (${account}, date_trunc('hour', now()), 1)
      on conflict (account, hour) do update set errors = landfall.usage.errors + 1)
    update landfall.budget set failures = failures + ${oneUnlessPaused(requestedAt)}
    where account = ${account} returning failures`)
  return rows[0]?.failures ?? 1
}

/** Counts a refusal for too many requests; returns how many came in a row. */
export async function countThrottle(
  db: Pick<Db, 'execute'>,
  account: string,
  requestedAt: Date,
): Promise<number> {
  const { rows } = await db.execute<{ throttles: number }>(sql`
    with counted as (
      insert into landfall.usage (account, hour, rate_limited) values (${account}, date_trunc('hour', now()), 1)
      on conflict (account, hour) do update set rate_limited = landfall.usage.rate_limited + 1)
    update landfall.budget set throttles = throttles + ${oneUnlessPaused(requestedAt)}
    where account = ${account} returning throttles`)
  return rows[0]?.throttles ?? 1
}

/** A good answer ends every row of bad ones. */
export async function clearFailures(db: Db, account: string): Promise<void> {
  await db.execute(sql`
    update landfall.budget set failures = 0, throttles = 0
    where account = ${account} and (failures > 0 or throttles > 0)`)
}

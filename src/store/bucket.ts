import { type SQL, sql } from 'drizzle-orm'

import {
  LEAST_SHARE,
  LONGEST_HOLD_MS,
  RECOVERY_PER_MINUTE,
  SLOW_BUCKET_SECONDS,
} from '../domain/adaptive-rate.ts'

export interface Rate {
  readonly requestsPerSecond: number
  readonly burst: number
}

export const seconds = (n: number | SQL) => sql`make_interval(secs => ${n})`
export const perToken = (rate: Rate) => seconds(1 / rate.requestsPerSecond)
export const wholeBucket = (rate: Rate) => seconds(rate.burst / rate.requestsPerSecond)

const secondsSince = (moment: SQL, now: SQL) =>
  sql`greatest(0, extract(epoch from ${now} - ${moment})::float8)`

/** The share of the configured rate that may be used `now`; see `shareAfter` in the domain. */
export const shareAt = (now: SQL) =>
  sql`least(1, share + ${RECOVERY_PER_MINUTE / 60}::float8 * ${secondsSince(sql`share_at`, now)})`

export const halvedShareAt = (now: SQL) => sql`greatest(${LEAST_SHARE}::float8, ${shareAt(now)} / 2)`

// A bucket can never be further than itself from full; where it seems so, the clock was set back.
const fullFrom = (column: SQL, bucket: SQL) =>
  sql`case when ${column} > now + ${bucket} + interval '1 second' then now else greatest(${column}, now) end`

/**
 * The account's row as `bucket`, with what follows from it and the clock. Two generic cell rate algorithms stand side by
 * side, and a request needs a token of both. One knows only the configured rate and burst: whatever happens to the
 * other, no window ever holds more than that. The other counts while the account is slowed down, at the rate `speed`
 * of this moment; as each request pays in time for the speed it was sent at, speeds may change without settling anything.
 */
export const bucketOf = (account: string, rate: Rate, lock: SQL) => sql`
  held as (select * from landfall.budget where account = ${account} ${lock}),
  -- The clock is read after the lock was got, which may take a while.
  clocked as materialized (select *, clock_timestamp() as now from held),
  shared as (
    select *, ${shareAt(sql`now`)} as share_now,
      case when pace_until > now and pace_until <= now + ${seconds(LONGEST_HOLD_MS / 1000 + 1)} then pace end as pace_now
    from clocked),
  rated as (select *, least(${rate.requestsPerSecond}::float8 * share_now, pace_now) as speed from shared),
  sized as (
    select *, speed < ${rate.requestsPerSecond}::float8 as slow, ${seconds(sql`1 / speed`)} as slow_token,
      ${seconds(sql`greatest(1 / speed, ${SLOW_BUCKET_SECONDS}::float8)`)} as slow_bucket
    from rated),
  bucket as (
    select *, ${fullFrom(sql`full_at`, wholeBucket(rate))} as full_from,
      ${fullFrom(sql`slow_full_at`, sql`slow_bucket`)} as slow_full_from,
      coalesce(blocked_until > now, false) as blocked
    from sized)`

/** Whole tokens in the `bucket` of above; 0 while it is blocked. */
export const tokensIn = (rate: Rate) => sql`
  case when blocked then 0 else greatest(0, floor(least(
    ${rate.burst}::float8 - extract(epoch from full_from - now)::float8 * ${rate.requestsPerSecond}::float8,
    case when slow then extract(epoch from now + slow_bucket - slow_full_from)::float8 * speed end) + 1e-6))::int end`

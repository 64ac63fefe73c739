import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'

export interface Rate {
  readonly requestsPerSecond: number
  readonly burst: number
}

export type Spending =
  /** One request may be sent now; `at` is the database's clock. */
  { readonly kind: 'granted'; readonly at: Date; readonly failures: number } | { readonly kind: 'refused' }

const perToken = (rate: Rate) => sql`make_interval(secs => ${1 / rate.requestsPerSecond})`
const wholeBucket = (rate: Rate) => sql`make_interval(secs => ${rate.burst / rate.requestsPerSecond})`

// A bucket can never be further than itself from full; where it seems so, the clock was set back.
const fullAt = (rate: Rate) =>
  sql`case when full_at > clock_timestamp() + ${wholeBucket(rate)} + interval '1 second' then clock_timestamp()
      else greatest(full_at, clock_timestamp()) end`

/**
 * Takes one token from the account's bucket (generic cell rate algorithm), for one request of this kind. All processes
 * take from the same row, so at most `burst + requestsPerSecond × t` requests start in any time t.
 */
export async function spendToken(
  db: Db,
  account: string,
  kind: 'get' | 'list',
  rate: Rate,
): Promise<Spending> {
  const column = sql.raw(kind === 'get' ? 'get_requests' : 'list_requests')
  const { rows } = await db.execute<{ at: Date; failures: number }>(sql`
    with spent as (
      update landfall.budget set full_at = ${fullAt(rate)} + ${perToken(rate)}
      where account = ${account}
        and (blocked_until is null or blocked_until <= clock_timestamp())
        and ${fullAt(rate)} + ${perToken(rate)} <= clock_timestamp() + ${wholeBucket(rate)}
      returning account, failures, clock_timestamp() as at),
    counted as (
      insert into landfall.usage (account, hour, ${column}) select account, date_trunc('hour', at), 1 from spent
      on conflict (account, hour) do update set ${column} = landfall.usage.${column} + 1)
    select at, failures from spent`)
  const row = rows[0]
  return row === undefined
    ? { kind: 'refused' }
    : { kind: 'granted', at: new Date(row.at), failures: row.failures }
}

/** Whole tokens in the account's bucket; 0 while it is blocked. */
export async function countTokens(db: Pick<Db, 'execute'>, account: string, rate: Rate): Promise<number> {
  const { rows } = await db.execute<{ tokens: number }>(sql`
    select case when blocked_until > clock_timestamp() then 0 else
      floor(${rate.burst}::float8 - extract(epoch from ${fullAt(rate)} - clock_timestamp())::float8
        * ${rate.requestsPerSecond}::float8 + 1e-6)::int end as tokens
    from landfall.budget where account = ${account}`)
  return Math.max(0, rows[0]?.tokens ?? 0)
}

/** Nobody asks this account's provider for a while; afterwards the bucket is empty, so that all begin gently. */
export async function blockBudget(
  db: Pick<Db, 'execute'>,
  account: string,
  forMs: number,
  rate: Rate,
): Promise<void> {
  const until = sql`clock_timestamp() + make_interval(secs => ${forMs / 1000})`
  await db.execute(sql`
    update landfall.budget set blocked_until = greatest(blocked_until, ${until}),
      full_at = greatest(blocked_until, ${until}) + ${wholeBucket(rate)}
    where account = ${account}`)
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

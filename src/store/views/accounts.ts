import { sql } from 'drizzle-orm'

import type { Phase } from '../../domain/phase.ts'
import type { Policy } from '../../domain/policy.ts'
import { bucketOf, type Rate } from '../bucket.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'

export type AccountRow = {
  readonly account: string
  readonly provider: string
  readonly policy: Policy
  readonly state: 'active' | 'suspended'
  readonly state_reason: string | null
  readonly baseline_at: string | null
  readonly last_sweep_completed_at: string | null
  readonly tracked: number
  readonly live: number
}

export async function listAccounts(db: Db): Promise<AccountRow[]> {
  return rowsOf<AccountRow>(
    db,
    sql`select r.account, r.provider, a.policy, r.state, r.state_reason, r.baseline_at, r.last_sweep_completed_at,
      r.tracked::int, r.live::int
      from reporting.accounts r join landfall.account a on a.name = r.account order by r.account`,
  )
}

/** How many migrations are in each live phase. */
export async function countLive(db: Db): Promise<ReadonlyMap<Phase, number>> {
  const rows = await rowsOf<{ phase: Phase; n: number }>(
    db,
    sql`select phase, sum(migrations)::int as n from reporting.status_counts
      where not is_terminal group by phase having sum(migrations) > 0
      order by array_position(array['pending', 'running', 'needs_input', 'unknown'], phase)`,
  )
  return new Map(rows.map((row) => [row.phase, row.n]))
}

/** Requests ever made for the account, and answers that turned one away or were of no use. */
export async function countRequests(db: Db, account: string): Promise<{ sent: number; troubled: number }> {
  const rows = await rowsOf<{ sent: number; troubled: number }>(
    db,
    sql`select coalesce(sum(list_requests + get_requests), 0)::int as sent,
      coalesce(sum(rate_limited + errors), 0)::int as troubled
      from reporting.api_usage_hourly where account = ${account}`,
  )
  return rows[0] ?? { sent: 0, troubled: 0 }
}

/** How late changes of the last hours were noticed at most: the time between the two readings around each. */
export type MeasuredBound = {
  readonly transitions: number
  readonly p50_seconds: number | null
  readonly p99_seconds: number | null
  readonly mean_seconds: number | null
}

export async function measureBounds(db: Db, account: string, hours: number): Promise<MeasuredBound> {
  const bound = sql`extract(epoch from not_after - not_before)::float8`
  const rows = await rowsOf<MeasuredBound>(
    db,
    sql`select count(*)::int as transitions, avg(${bound}) as mean_seconds,
      percentile_cont(0.5) within group (order by ${bound}) as p50_seconds,
      percentile_cont(0.99) within group (order by ${bound}) as p99_seconds
      from reporting.transitions
      where account = ${account} and not_before is not null and not_after > now() - make_interval(hours => ${hours})`,
  )
  return rows[0] ?? { transitions: 0, p50_seconds: null, p99_seconds: null, mean_seconds: null }
}

/** What an account may spend at present. */
export type BudgetRow = {
  /** Less than configured while the provider's refusals or headers slow it down. */
  readonly effective_requests_per_second: number
  readonly blocked_until: string | null
  /** Reckoned from whole hours: this one, and the share of the last that lies less than an hour back. */
  readonly used_last_hour: number
}

export async function findBudget(db: Db, account: string, rate: Rate): Promise<BudgetRow | null> {
  const rows = await rowsOf<BudgetRow>(
    db,
    sql`with ${bucketOf(account, rate, sql``)},
    spent as (
      select hour = landfall.hour_of(now()) as is_current, list_requests + get_requests as requests,
        1 - extract(epoch from now() - landfall.hour_of(now())) / 3600 as share
      from reporting.api_usage_hourly where account = ${account} and hour >= landfall.hour_of(now()) - interval '1 hour')
    select least(${rate.requestsPerSecond}::float8, speed) as effective_requests_per_second,
      case when blocked then blocked_until end as blocked_until,
      (select coalesce(round(sum(requests * case when is_current then 1 else share end)), 0)::int from spent) as used_last_hour
    from bucket`,
  )
  return rows[0] ?? null
}

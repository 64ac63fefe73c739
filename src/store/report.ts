import { type SQL, sql } from 'drizzle-orm'

import type { TerminalPhase } from '../domain/phase.ts'
import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'

/** What a report is about: what was found and what ended from one moment up to another, of one account or (null) of all. */
export interface Period {
  readonly since: Date
  readonly until: Date
  readonly account: string | null
}

export type Outcomes = { readonly [phase in TerminalPhase]: number } & { readonly discovered: number }

/** `key` is a day in UTC, or a company; null for those of no known company. */
export type OutcomeRow = Outcomes & { readonly key: string | null }

/** Ends that were met as such by an account's first sweep are not counted: nobody knows when they came. */
const LANDED = sql`finished_at is not null and not (transitions = 1 and first_seen_at <= coalesce(baseline_at, 'infinity'))`
const MIGRATIONS = sql`(select m.*, a.baseline_at from reporting.migrations m join reporting.accounts a using (account))`

const within = (column: SQL, { since, until, account }: Period) =>
  sql`${column} >= ${since.toISOString()}::timestamptz and ${column} < ${until.toISOString()}::timestamptz
    and (${account}::text is null or account = ${account})`

export async function listOutcomes(db: Db, period: Period, by: 'day' | 'company'): Promise<OutcomeRow[]> {
  const key = (moment: SQL) =>
    by === 'day' ? sql`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD')` : sql`company_id`
  const ended = (phase: TerminalPhase) =>
    sql`count(*) filter (where phase = ${phase}::text)::int as ${sql.raw(phase)}`
  return rowsOf<OutcomeRow>(
    db,
    sql`
    with found as (
      select ${key(sql`first_seen_at`)} as key, count(*)::int as discovered
      from reporting.migrations where ${within(sql`first_seen_at`, period)} group by 1),
    landed as (
      select ${key(sql`finished_at`)} as key, ${ended('succeeded')}, ${ended('partial')}, ${ended('failed')},
        ${ended('abandoned')}
      from ${MIGRATIONS} m where ${LANDED} and ${within(sql`finished_at`, period)} group by 1)
    select keys.key, coalesce(discovered, 0) as discovered, coalesce(succeeded, 0) as succeeded,
      coalesce(partial, 0) as partial, coalesce(failed, 0) as failed, coalesce(abandoned, 0) as abandoned
    from (select key from found union select key from landed) as keys
    left join found on found.key is not distinct from keys.key
    left join landed on landed.key is not distinct from keys.key
    order by keys.key nulls last`,
  )
}

export type PeriodLag = {
  readonly transitions: number
  readonly p50_seconds: number | null
  readonly p99_seconds: number | null
}

/** How late the changes of that time were noticed at most. */
export async function measureLag(db: Db, period: Period): Promise<PeriodLag> {
  const bound = sql`extract(epoch from not_after - not_before)::float8`
  const rows = await rowsOf<PeriodLag>(
    db,
    sql`select count(*)::int as transitions, percentile_cont(0.5) within group (order by ${bound}) as p50_seconds,
      percentile_cont(0.99) within group (order by ${bound}) as p99_seconds
      from reporting.transitions where not_before is not null and ${within(sql`not_after`, period)}`,
  )
  return rows[0] ?? { transitions: 0, p50_seconds: null, p99_seconds: null }
}

export type SlowRow = {
  readonly account: string
  readonly migration_id: string
  readonly company_id: string | null
  readonly status: string
  readonly phase: TerminalPhase
  readonly finished_at: string
  /** Since its creation, or its first sight where the provider does not say when that was. */
  readonly seconds: number
}

/** Those that ended then and had taken the longest. */
export async function listSlowest(db: Db, period: Period, limit: number): Promise<SlowRow[]> {
  return rowsOf<SlowRow>(
    db,
    sql`select account, migration_id, company_id, status, phase, finished_at,
      extract(epoch from finished_at - coalesce(created_at, first_seen_at))::float8 as seconds
      from ${MIGRATIONS} m where ${LANDED} and ${within(sql`finished_at`, period)}
      order by seconds desc, account, migration_id limit ${limit}`,
  )
}

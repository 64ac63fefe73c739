import { type SQL, sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import type { Phase } from '../domain/phase.ts'
import type { Policy } from '../domain/policy.ts'
import type { Via } from '../domain/reading.ts'
import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'

/*
 * What people read, with the names of schema `reporting`. Moments are texts: RFC 3339 in UTC, as precise as Postgres
 * has them.
 */

export type MigrationRow = {
  readonly account: string
  readonly provider: string
  readonly migration_id: string
  readonly status: string
  readonly phase: Phase
  readonly is_terminal: boolean
  readonly company_id: string | null
  readonly created_by_user_id: string | null
  readonly created_at: string | null
  readonly first_seen_at: string
  readonly status_since: string
  readonly finished_at: string | null
  readonly last_observed_at: string
  readonly last_observed_via: Via
  readonly next_poll_at: string | null
  readonly polls: number
  readonly transitions: number
  readonly overdue: boolean
  readonly vanished_at: string | null
  readonly attributes: Record<string, unknown>
}

export interface MigrationFilter {
  readonly account?: string | undefined
  readonly status?: string | undefined
  readonly phase?: Phase | undefined
  readonly company?: string | undefined
  /** Only those that have not ended, and are still there. */
  readonly live?: boolean | undefined
}

/** Those whose status changed last come first. */
export async function listMigrations(
  db: Db,
  filter: MigrationFilter,
  limit: number,
): Promise<MigrationRow[]> {
  const { account, status, phase, company, live } = filter
  const conditions = [
    account === undefined ? [] : [sql`account = ${account}`],
    status === undefined ? [] : [sql`status = ${status}`],
    phase === undefined ? [] : [sql`phase = ${phase}`],
    company === undefined ? [] : [sql`company_id = ${company}`],
    live === true ? [sql`not is_terminal and vanished_at is null`] : [],
  ].flat()
  return rowsOf<MigrationRow>(
    db,
    sql`select * from reporting.migrations ${where(conditions)}
      order by status_since desc, account, migration_id limit ${limit}`,
  )
}

/** The migrations with this id, at most one per account. */
export async function findMigrations(
  db: Db,
  migrationId: string,
  account: string | null,
): Promise<MigrationRow[]> {
  // By account, as ids are indexed behind it.
  const accounts = account === null ? sql`select name from landfall.account` : sql`select ${account}::text`
  return rowsOf<MigrationRow>(
    db,
    sql`select * from reporting.migrations where account in (${accounts}) and migration_id = ${migrationId} order by account`,
  )
}

/** Those whose ids begin and end so; a handful at most. */
export async function findByEnds(
  db: Db,
  start: string,
  end: string,
  account: string | null,
): Promise<MigrationRow[]> {
  const pattern = `${escapeLike(start)}%${escapeLike(end)}`
  const conditions = [
    sql`migration_id like ${pattern}`,
    ...(account === null ? [] : [sql`account = ${account}`]),
  ]
  return rowsOf<MigrationRow>(
    db,
    sql`select * from reporting.migrations ${where(conditions)} order by account, migration_id limit 5`,
  )
}

export type TransitionRow = {
  readonly account: string
  readonly migration_id: string
  readonly seq: number
  readonly from_status: string | null
  readonly to_status: string
  readonly from_phase: Phase | null
  readonly to_phase: Phase
  readonly not_before: string | null
  readonly not_after: string
  readonly observed_via: Via
  readonly recorded_at: string
}

/** What tells one migration from all others. */
export interface Identity {
  readonly account: string
  readonly migration_id: string
}

const itself = ({ account, migration_id }: Identity) =>
  sql`account = ${account} and migration_id = ${migration_id}`

export async function listTransitions(db: Db, migration: Identity): Promise<TransitionRow[]> {
  return rowsOf<TransitionRow>(
    db,
    sql`select * from reporting.transitions where ${itself(migration)} order by seq`,
  )
}

export type EventRecord = {
  readonly event_id: string
  readonly type: EventType
  /** Null for events of a hook. */
  readonly account: string | null
  readonly migration_id: string | null
  readonly sequence: number
  readonly recorded_at: string
  readonly payload: Record<string, unknown>
}

export async function listEvents(db: Db, migration: Identity): Promise<EventRecord[]> {
  return rowsOf<EventRecord>(
    db,
    sql`select * from reporting.events where ${itself(migration)} and migration_id is not null order by sequence`,
  )
}

export type DeliveryRow = {
  readonly event_id: string
  readonly event_type: EventType
  readonly hook: string
  readonly state: 'pending' | 'delivered' | 'dead' | 'held'
  readonly attempts: number
  readonly first_attempt_at: string | null
  readonly delivered_at: string | null
  readonly next_attempt_at: string | null
  readonly last_status_code: number | null
  readonly last_error: string | null
}

export async function listDeliveries(db: Db, eventIds: readonly string[]): Promise<DeliveryRow[]> {
  return rowsOf<DeliveryRow>(
    db,
    sql`select d.* from reporting.deliveries d join reporting.events e on e.event_id = d.event_id
      where d.event_id = any(${sql.param(eventIds)}::text[]) order by e.sequence, d.hook`,
  )
}

export type HookDeliveryRow = DeliveryRow & {
  readonly account: string | null
  readonly migration_id: string | null
  readonly recorded_at: string
}

/** A hook's deliveries, those of the newest events first. */
export async function listHookDeliveries(
  db: Db,
  hook: string,
  state: DeliveryRow['state'] | null,
  limit: number,
): Promise<HookDeliveryRow[]> {
  return rowsOf<HookDeliveryRow>(
    db,
    sql`select d.*, e.account, e.migration_id, e.recorded_at
      from reporting.deliveries d join reporting.events e using (event_id)
      where d.hook = ${hook} and (${state}::text is null or d.state = ${state})
      order by e.recorded_at desc, e.event_id desc limit ${limit}`,
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

/** The database's clock. */
export async function loadNow(db: Db): Promise<Date> {
  const rows = await rowsOf<{ now_at: string }>(db, sql`select clock_timestamp() as now_at`)
  return new Date(rows[0]?.now_at ?? Date.now())
}

function where(conditions: readonly SQL[]): SQL {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join([...conditions], sql` and `)}`
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

import { sql } from 'drizzle-orm'

import type { Phase } from '../domain/phase.ts'
import type { Walk } from '../domain/walk.ts'
import { bucketOf, type Rate, tokensIn } from './bucket.ts'
import type { Db } from './db.ts'

/*
 * What dashboards and alerts ask all the time: each of these reads rollups, or the ends of indexes, however many
 * migrations there are.
 */

/** What the database knows, the same for whichever process asks. */
export interface Facts {
  readonly accounts: readonly AccountFacts[]
  readonly phases: readonly PhaseFacts[]
  readonly budgets: readonly BudgetFacts[]
  readonly hooks: readonly HookFacts[]
}

export async function loadFacts(
  db: Db,
  accounts: readonly { readonly name: string; readonly rate: Rate }[],
): Promise<Facts> {
  const names = accounts.map(({ name }) => name)
  const budgets: BudgetFacts[] = []
  // One after the other: the connections are there for those who work.
  for (const { name, rate } of accounts) budgets.push(...(await loadBudgetFacts(db, name, rate)))
  return {
    accounts: await loadAccountFacts(db, names),
    phases: await loadPhaseFacts(db, names),
    budgets,
    hooks: await loadHookFacts(db),
  }
}

export interface AccountFacts {
  readonly account: string
  readonly suspended: boolean
  readonly baselineComplete: boolean
  /** Since the account's last tick; null before the first, as below. */
  readonly tickAgeS: number | null
  readonly sweepAgeS: number | null
  /** The sweep that is under way; null between two. */
  readonly sweep: Pick<Walk, 'page' | 'direction' | 'seeking'> | null
  /** Index of the last page with rows, as the last sweep found it. */
  readonly lastPage: number
  /** For how long the poll that waits longest has been due. */
  readonly overdueS: number
}

async function loadAccountFacts(db: Db, accounts: readonly string[]): Promise<AccountFacts[]> {
  const since = (moment: string) => sql`extract(epoch from clock_timestamp() - ${sql.raw(moment)})::float8`
  const { rows } = await db.execute<AccountFacts & Record<string, unknown>>(sql`
    select a.name as account, a.state = 'suspended' as suspended, a.baseline_at is not null as "baselineComplete",
      ${since('a.planned_at')} as "tickAgeS", ${since('a.last_sweep_completed_at')} as "sweepAgeS",
      case when w.walk is not null then jsonb_build_object('page', w.walk->'page', 'direction', w.walk->'direction',
        'seeking', w.walk->'seeking') end as sweep, coalesce(w.last_page, 0) as "lastPage",
      greatest(0, coalesce(${since('due.next_poll_at')}, 0)) as "overdueS"
    from landfall.account a
    left join landfall.walk w on w.account = a.name and w.kind = 'sweep'
    left join lateral (
      select m.next_poll_at from landfall.migration m
      where m.account = a.name and m.next_poll_at is not null order by m.next_poll_at limit 1) due on true
    where a.name = any(${sql.param(accounts)}::text[])`)
  return rows
}

export interface PhaseFacts {
  readonly account: string
  readonly phase: Phase
  /** Those that vanished are left out. */
  readonly migrations: number
  readonly vanished: number
}

async function loadPhaseFacts(db: Db, accounts: readonly string[]): Promise<PhaseFacts[]> {
  const { rows } = await db.execute<PhaseFacts & Record<string, unknown>>(sql`
    select account, phase, sum(migrations)::float8 as migrations, sum(vanished)::float8 as vanished
    from reporting.status_counts
    where account = any(${sql.param(accounts)}::text[]) group by account, phase`)
  return rows
}

export interface BudgetFacts {
  readonly account: string
  readonly tokens: number
  /** Requests per second that may be made at present. */
  readonly speed: number
  readonly blocked: boolean
  /** All requests ever let out, by any process. */
  readonly granted: number
}

async function loadBudgetFacts(db: Db, account: string, rate: Rate): Promise<BudgetFacts[]> {
  const { rows } = await db.execute<BudgetFacts & Record<string, unknown>>(sql`
    with ${bucketOf(account, rate, sql``)}
    select account, ${tokensIn(rate)} as tokens, speed, blocked, granted::float8 as granted from bucket`)
  return rows
}

export interface HookFacts {
  readonly hook: string
  readonly disabled: boolean
  readonly failures: number
  /** Stages of warning that were told before it is disabled. */
  readonly warnings: number
  /** How long its run of failures has lasted; 0 where there is none. */
  readonly failingS: number
  readonly pending: number
  readonly held: number
  readonly dead: number
  /** For how long the delivery that waits longest has been due. */
  readonly outboxAgeS: number
}

async function loadHookFacts(db: Db): Promise<HookFacts[]> {
  const count = (state: string) => sql`
    (select count(*)::float8 from landfall.delivery d where d.hook = h.name and d.state = '${sql.raw(state)}')`
  const { rows } = await db.execute<HookFacts & Record<string, unknown>>(sql`
    select h.name as hook, h.state = 'disabled' as disabled, h.failures, h.warnings,
      coalesce(extract(epoch from now() - h.failing_since)::float8, 0) as "failingS",
      ${count('pending')} as pending, ${count('held')} as held, ${count('dead')} as dead,
      greatest(0, coalesce(extract(epoch from now() - (
        select min(d.next_attempt_at) from landfall.delivery d where d.hook = h.name and d.state = 'pending')
      )::float8, 0)) as "outboxAgeS"
    from landfall.hook h where h.configured`)
  return rows
}

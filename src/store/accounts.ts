import { eq, sql } from 'drizzle-orm'

import type { Policy } from '../domain/policy.ts'
import type { Db, Tx } from './db.ts'
import { inSeconds } from './leases.ts'
import { accounts } from './schema/account.ts'

export interface ConfiguredAccount {
  readonly name: string
  readonly provider: string
  readonly policy: Policy
  /** Without a list there are no walks, and nothing to find at first. */
  readonly isListed?: boolean
}

/** Makes sure that the account has its rows. */
export async function registerAccount(db: Db, account: ConfiguredAccount): Promise<void> {
  const { name, provider, policy, isListed = true } = account
  await db.execute(sql`
    insert into landfall.account as a (name, provider, policy) values (${name}, ${provider}, ${policy})
    on conflict (name) do update set provider = excluded.provider, policy = excluded.policy
    where (a.provider, a.policy) is distinct from (excluded.provider, excluded.policy)`)
  await db.execute(sql`insert into landfall.budget (account) values (${name}) on conflict do nothing`)
  if (!isListed) return registerUnlisted(db, name)
  await db.execute(
    sql`insert into landfall.walk (account, kind) values (${name}, 'sweep'), (${name}, 'look') on conflict do nothing`,
  )
}

/** An account may have been another provider's before. */
async function registerUnlisted(db: Db, name: string): Promise<void> {
  await db.execute(sql`delete from landfall.walk where account = ${name}`)
  await db.execute(
    sql`update landfall.account set baseline_at = now() where name = ${name} and baseline_at is null`,
  )
}

export interface AccountState {
  readonly state: 'active' | 'suspended'
  readonly baselineAt: Date | null
  readonly probes: number
  /** Whether a suspended account's key may be tried now. */
  readonly probeDue: boolean
}

export async function loadAccount(db: Pick<Db, 'select'>, name: string): Promise<AccountState | null> {
  const [row] = await db
    .select({
      state: accounts.state,
      baselineAt: accounts.baselineAt,
      probes: accounts.probes,
      probeDue: sql<boolean>`coalesce(${accounts.probeAt} <= now(), false)`,
    })
    .from(accounts)
    .where(eq(accounts.name, name))
  return row ?? null
}

/**
 * Whether the account's baseline is complete; stays so until the transaction ends. Waits for whoever is completing it:
 * what ended would else be neither counted there nor told.
 */
export async function holdBaseline(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await tx.execute<{ complete: boolean }>(
    sql`select baseline_at is not null as complete from landfall.account where name = ${name} for share`,
  )
  return rows[0]?.complete ?? false
}

/** Takes the account's planning turn until the transaction ends; null where another process has it. */
export async function takePlanningTurn(tx: Tx, name: string): Promise<AccountState | null> {
  const { rows } = await tx.execute<{ name: string }>(
    sql`select name from landfall.account where name = ${name} for no key update skip locked`,
  )
  if (rows.length === 0) return null
  await tx.execute(sql`update landfall.account set planned_at = clock_timestamp() where name = ${name}`)
  return loadAccount(tx, name)
}

// An answer to what was asked before the last change says nothing of the time since. (A change in the future was
// written before the clock was set back.)
const isNewsSince = (requestedAt: Date) =>
  sql`(state_since < ${requestedAt.toISOString()}::timestamptz or state_since > clock_timestamp())`

/** What suspends an account: when it was asked, and how long its key is then left alone. */
export interface Refusal {
  readonly reason: string
  readonly requestedAt: Date
  readonly probeInMs: number
}

/** Returns the account's next place in its own stream of events, or null where nothing had to change. */
export async function suspendAccount(tx: Tx, name: string, refusal: Refusal): Promise<number | null> {
  const { reason, requestedAt, probeInMs } = refusal
  return sequenceOf(
    await tx.execute<{ events: number }>(sql`
      update landfall.account set state = 'suspended', state_reason = ${reason}, state_since = clock_timestamp(),
        probe_at = ${inSeconds(probeInMs / 1000)}, probes = 0, events = events + 1
      where name = ${name} and state = 'active' and ${isNewsSince(requestedAt)} returning events`),
  )
}

export async function resumeAccount(tx: Tx, name: string, requestedAt: Date): Promise<number | null> {
  return sequenceOf(
    await tx.execute<{ events: number }>(sql`
      update landfall.account set state = 'active', state_reason = null, state_since = clock_timestamp(),
        probe_at = null, probes = 0, events = events + 1
      where name = ${name} and state = 'suspended' and ${isNewsSince(requestedAt)} returning events`),
  )
}

export async function scheduleProbe(db: Pick<Db, 'execute'>, name: string, inMs: number): Promise<void> {
  await db.execute(sql`
    update landfall.account set probes = probes + 1, probe_at = ${inSeconds(inMs / 1000)}
    where name = ${name} and state = 'suspended'`)
}

/** There is reason to try a suspended account's key before its time. */
export async function probeNow(db: Pick<Db, 'execute'>, name: string): Promise<void> {
  await db.execute(
    sql`update landfall.account set probes = 0, probe_at = now() where name = ${name} and state = 'suspended'`,
  )
}

/** Returns the place of the baseline's event, or null where the baseline was complete before. */
export async function completeBaseline(tx: Tx, name: string): Promise<number | null> {
  return sequenceOf(
    await tx.execute<{ events: number }>(sql`
      update landfall.account set baseline_at = clock_timestamp(), events = events + 1
      where name = ${name} and baseline_at is null returning events`),
  )
}

function sequenceOf(result: { rows: { events: number }[] }): number | null {
  return result.rows[0]?.events ?? null
}

export async function markSweepCompleted(tx: Tx, name: string): Promise<void> {
  await tx.execute(
    sql`update landfall.account set last_sweep_completed_at = clock_timestamp() where name = ${name}`,
  )
}

/** What the provider keeps from an active account; null where that is nothing. Returns whether it is news. */
export async function recordListLimit(tx: Tx, name: string, limit: string | null): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    update landfall.account set state_reason = ${limit}::text
    where name = ${name} and state = 'active' and state_reason is distinct from ${limit}::text returning 1`)
  return rows.length > 0
}

/** How many of the account's migrations stand in each phase. */
export async function countPhases(tx: Pick<Db, 'execute'>, name: string): Promise<Record<string, number>> {
  const { rows } = await tx.execute<{ phase: string; n: number }>(
    sql`select phase, count(*)::int as n from landfall.migration where account = ${name} group by phase order by phase`,
  )
  return Object.fromEntries(rows.map((row) => [row.phase, row.n]))
}

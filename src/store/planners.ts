import { sql } from 'drizzle-orm'

import type { Learned } from '../domain/planner/planner.ts'
import type { Answer, LiveMigration, NoAnswer, PlannerConfig } from '../domain/planner/types.ts'
import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree } from './leases.ts'
import type { PollClaim } from './polls.ts'

/** How long a process keeps an account's planner without being heard of. */
const HELD_S = 5

/** Rung, with an account's name, by a process whose tick cannot plan because another one holds the planner. */
export const PLANNER_CHANNEL = 'landfall_planner'

export interface Turn {
  /** Another number than last time means that another process had the planner meanwhile. */
  readonly turn: number
  readonly now: Date
}

/**
 * Takes or keeps the account's planner; null while another process holds it. Where that one is frozen it loses the
 * planner, and with the number of its turn all that it remembers. The caller has the account's planning turn.
 */
export async function holdPlanner(tx: Tx, account: string, holder: string): Promise<Turn | null> {
  const { rows } = await tx.execute<{ turn: number; now_ms: number }>(sql`
    insert into landfall.planner as p (account, holder, held_until, turn)
    values (${account}, ${holder}, ${inSeconds(HELD_S)}, 1)
    on conflict (account) do update set holder = excluded.holder, held_until = excluded.held_until,
      turn = p.turn + case when p.holder is distinct from excluded.holder then 1 else 0 end
    where p.holder = excluded.holder or ${isFree('p.held_until')}
    returning turn, extract(epoch from clock_timestamp())::float8 * 1000 as now_ms`)
  const [row] = rows
  return row === undefined ? null : { turn: row.turn, now: new Date(row.now_ms) }
}

/** Another process, if there is one that holds the account's planner, plans now. */
export async function ringPlanner(db: Db, account: string): Promise<void> {
  await db.execute(sql`select pg_notify(${PLANNER_CHANNEL}, ${account})`)
}

/** What is stored of an account's planner; null where it never had one. */
export interface StoredPlanner {
  readonly config: PlannerConfig | null
  readonly learned: Learned | null
}

export async function loadPlanner(db: Pick<Db, 'execute'>, account: string): Promise<StoredPlanner | null> {
  const { rows } = await db.execute<{ config: PlannerConfig | null; learned: Learned | null }>(
    sql`select config, learned from landfall.planner where account = ${account}`,
  )
  return rows[0] ?? null
}

export async function saveConfig(tx: Tx, account: string, config: PlannerConfig): Promise<void> {
  await tx.execute(sql`
    update landfall.planner set config = ${JSON.stringify(config)}::jsonb where account = ${account}`)
}

export async function saveLearned(tx: Tx, account: string, learned: Learned): Promise<void> {
  await tx.execute(sql`
    update landfall.planner set learned = ${JSON.stringify(learned)}::jsonb, saved_at = clock_timestamp()
    where account = ${account}`)
}

/** The account's migrations that have not ended, as a planner begins with them. */
export async function loadLive(db: Pick<Db, 'execute'>, account: string): Promise<LiveMigration[]> {
  const { rows } = await db.execute<{ [key in keyof LiveMigration]: LiveMigration[key] }>(sql`
    select migration_id as id, phase, extract(epoch from created_at)::float8 * 1000 as "createdAtMs",
      extract(epoch from status_since)::float8 * 1000 as "statusSinceMs",
      extract(epoch from last_observed_at)::float8 * 1000 as "lastObservedAtMs"
    from landfall.migration
    where account = ${account} and finished_at is null and vanished_at is null`)
  return rows
}

/** Leaves what a request showed for the planner. */
export async function leaveAnswer(
  db: Pick<Db, 'execute'>,
  account: string,
  answer: Answer | NoAnswer,
): Promise<void> {
  await db.execute(sql`
    insert into landfall.answer (account, answer) values (${account}, ${JSON.stringify(answer)}::jsonb)`)
}

/** Takes what was left, in the order in which it came. */
export async function takeAnswers(tx: Tx, account: string): Promise<(Answer | NoAnswer)[]> {
  const { rows } = await tx.execute<{ answer: Answer | NoAnswer }>(sql`
    with taken as (delete from landfall.answer where account = ${account} returning id, answer)
    select answer from taken order by id`)
  return rows.map((row) => row.answer)
}

/** Claims these migrations' polls, but for those under way, and those whose last answer was of no use and that wait. */
export async function claimPolls(
  tx: Tx,
  account: string,
  ids: readonly string[],
): Promise<(PollClaim & { readonly migrationId: string })[]> {
  if (ids.length === 0) return []
  const { rows } = await tx.execute<{ key: string; claim: number; migrationId: string }>(sql`
    with chosen as materialized (
      select id from landfall.migration
      where account = ${account} and migration_id = any(${sql.param(ids)}::text[])
        and vanished_at is null and ${isFree('lease_until')}
        and (failures + misses = 0 or next_poll_at <= now())
      for no key update skip locked)
    update landfall.migration m set claim = m.claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    from chosen where m.id = chosen.id returning m.id as key, m.claim, m.migration_id as "migrationId"`)
  return rows
}

import { sql } from 'drizzle-orm'
import { HINT_REPEATS_S } from '../domain/hint.ts'
import type { Phase } from '../domain/phase.ts'
import type { Via } from '../domain/reading.ts'
import type { Stored } from '../domain/recording.ts'
import type { Tx } from './db.ts'
import { jsonRows } from './json-rows.ts'
import { migrations } from './schema/migration.ts'

/** A stored migration, locked until the transaction ends. */
export interface Locked extends Stored {
  readonly key: bigint
  readonly migrationId: string
  readonly lastObservedAt: Date
  readonly transitions: number
  readonly events: number
}

/**
 * A `get` contradicts the status that is known: it is newer than what was last accepted, and settled by no other. (Its time is
 * kept in `last_get_at` until then.)
 */
const IS_CONTRADICTED = sql.raw('(doubted and last_get_at > last_observed_at)')

/** Locks the account's migrations with these ids, always in the same order, so that recordings never deadlock. */
export async function lockMigrations(
  tx: Tx,
  account: string,
  ids: readonly string[],
): Promise<Map<string, Locked>> {
  const rows = await tx
    .select({
      key: migrations.id,
      migrationId: migrations.migrationId,
      status: migrations.status,
      phase: migrations.phase,
      furthest: migrations.furthest,
      requestedAt: migrations.requestedAt,
      statusSince: migrations.statusSince,
      finishedAt: migrations.finishedAt,
      rechecks: migrations.rechecks,
      vanishedAt: migrations.vanishedAt,
      lastGetAt: migrations.lastGetAt,
      lastObservedAt: migrations.lastObservedAt,
      contradictedAt: sql<Date | null>`case when ${IS_CONTRADICTED} then ${migrations.lastGetAt} end`.mapWith(
        migrations.lastGetAt,
      ),
      falseDoubts: migrations.falseDoubts,
      transitions: migrations.transitions,
      events: migrations.events,
    })
    .from(migrations)
    .where(
      sql`${migrations.account} = ${account} and ${migrations.migrationId} = any(${sql.param(ids)}::text[])`,
    )
    .orderBy(migrations.id)
    .for('update')
  return new Map(rows.map((row) => [row.migrationId, row]))
}

/** The columns that an observation writes. */
export interface ObservedRow {
  readonly migrationId: string
  readonly status: string
  readonly phase: Phase
  readonly furthest: number
  readonly companyId: string | null
  readonly createdByUserId: string | null
  readonly createdAt: string | null
  readonly attributes: Readonly<Record<string, unknown>>
  readonly statusSince: Date
  readonly finishedAt: Date | null
  readonly requestedAt: Date
  readonly receivedAt: Date
  readonly via: Via
  readonly nextPollAt: Date | null
  readonly urgent: boolean
  readonly rechecks: number
  readonly transitions: number
  readonly events: number
}

const OBSERVED = sql.raw(`(
  key bigint, migration_id text, status text, phase text, furthest smallint, company_id text, created_by_user_id text,
  created_at timestamptz, attributes jsonb, status_since timestamptz, finished_at timestamptz, requested_at timestamptz,
  received_at timestamptz, via text, next_poll_at timestamptz, urgent boolean, rechecks smallint, transitions int, events int)`)

/** Inserts first sights; returns the keys of those that no other process inserted at the same moment. */
export async function insertMigrations(
  tx: Tx,
  account: string,
  rows: readonly ObservedRow[],
): Promise<Map<string, bigint>> {
  if (rows.length === 0) return new Map()
  const { rows: inserted } = await tx.execute<{ id: string; migration_id: string }>(sql`
    insert into landfall.migration (account, migration_id, status, phase, furthest, company_id, created_by_user_id,
      created_at, attributes, first_seen_at, status_since, finished_at, requested_at, last_observed_at,
      last_observed_via, last_get_at, next_poll_at, urgent, polls, rechecks, transitions, events)
    select ${account}, migration_id, status, phase, furthest, company_id, created_by_user_id, created_at, attributes,
      received_at, status_since, finished_at, requested_at, received_at, via,
      case when via = 'get' then received_at end, next_poll_at, urgent, case when via = 'get' then 1 else 0 end, rechecks,
      transitions, events
    from jsonb_to_recordset(${jsonRows(rows)}::jsonb) as r ${OBSERVED}
    order by migration_id
    on conflict (account, migration_id) do nothing
    returning id, migration_id`)
  return new Map(inserted.map((row) => [row.migration_id, BigInt(row.id)]))
}

/** Somebody asked for a reading after this one was requested; doubts have rules of their own. */
const ASKED_SINCE = sql.raw(
  'coalesce(m.urgent and not m.doubted and m.next_poll_at between r.requested_at and clock_timestamp(), false)',
)

const HINT_SPENT_S = Math.max(...HINT_REPEATS_S)

/** Writes accepted observations to locked rows. A reading also proves that the migration is there. */
export async function updateMigrations(
  tx: Tx,
  rows: readonly (ObservedRow & { readonly key: bigint })[],
): Promise<void> {
  if (rows.length === 0) return
  await tx.execute(sql`
    update landfall.migration m set
      status = r.status, phase = r.phase, furthest = r.furthest,
      company_id = coalesce(r.company_id, m.company_id),
      created_by_user_id = coalesce(r.created_by_user_id, m.created_by_user_id),
      created_at = coalesce(r.created_at, m.created_at),
      attributes = r.attributes, status_since = r.status_since, finished_at = r.finished_at,
      requested_at = r.requested_at, last_observed_at = r.received_at, last_observed_via = r.via,
      last_get_at = case when r.via = 'get' then r.received_at else m.last_get_at end,
      doubted = m.doubted and r.via <> 'get',
      false_doubts = case when r.status <> m.status then 0 when m.doubted and r.via = 'get'
        then least(m.false_doubts + 1, ${MOST_FALSE_DOUBTS}) else m.false_doubts end,
      next_poll_at = case when ${ASKED_SINCE} then m.next_poll_at else r.next_poll_at end,
      urgent = r.urgent or (m.doubted and r.via <> 'get') or ${ASKED_SINCE},
      polls = m.polls + case when r.via = 'get' then 1 else 0 end,
      rechecks = r.rechecks, transitions = r.transitions, events = r.events,
      hinted_at = case when r.status <> m.status then null when r.via = 'get'
        and r.received_at >= m.hinted_at + make_interval(secs => ${HINT_SPENT_S}) then null else m.hinted_at end,
      failures = 0, misses = 0, vanished_at = null, overdue = m.overdue and r.phase = m.phase
    from jsonb_to_recordset(${jsonRows(rows)}::jsonb) as r ${OBSERVED}
    where m.id = r.key`)
}

/** From here on, a list that contradicts what is known is believed so little that the wait grows no more: 85 min. */
const MOST_FALSE_DOUBTS = 10

export interface ContradictedRow {
  readonly key: bigint
  readonly since: Date
  readonly confirmAt: Date
  readonly requestedAt: Date
}

/** A `get` showed a migration past its terminal status: another one is to confirm it, whatever a webhook asked for. */
export async function markContradicted(tx: Tx, rows: readonly ContradictedRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.execute(sql`
    update landfall.migration m set doubted = true, urgent = true, last_get_at = r.since, hinted_at = null,
      next_poll_at = case when ${ASKED_SINCE} then m.next_poll_at else r.confirm_at end,
      polls = m.polls + 1, failures = 0, misses = 0
    from jsonb_to_recordset(${jsonRows(rows)}::jsonb) as r (
      key bigint, since timestamptz, confirm_at timestamptz, requested_at timestamptz)
    where m.id = r.key`)
}

/**
 * What a list showed is to be confirmed: at once, and ever later where the list was wrong before, so that a list that
 * has got stuck costs few requests. (`least` ignores a null.)
 */
export async function markDoubtful(tx: Tx, keys: readonly bigint[]): Promise<void> {
  if (keys.length === 0) return
  await tx.execute(sql`
    update landfall.migration set doubted = true, urgent = true, next_poll_at = least(next_poll_at, greatest(now(),
      case when false_doubts > 0 then last_get_at + make_interval(secs => 5 * 2 ^ false_doubts) end))
    where id = any(${sql.param(keys.map(String))}::bigint[]) and ${IS_CONTRADICTED} is not true`)
}

export interface TransitionRow {
  readonly migration: bigint
  readonly seq: number
  readonly fromStatus: string | null
  readonly toStatus: string
  readonly fromPhase: Phase | null
  readonly toPhase: Phase
  readonly notBefore: Date | null
  readonly notAfter: Date
  readonly observedVia: Via
}

export async function insertTransitions(tx: Tx, rows: readonly TransitionRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into landfall.transition (migration, seq, from_status, to_status, from_phase, to_phase, not_before,
      not_after, observed_via)
    select migration, seq, from_status, to_status, from_phase, to_phase, not_before, not_after, observed_via
    from jsonb_to_recordset(${jsonRows(rows)}::jsonb) as r (
      migration bigint, seq int, from_status text, to_status text, from_phase text, to_phase text,
      not_before timestamptz, not_after timestamptz, observed_via text)`)
}

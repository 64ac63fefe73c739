import { sql } from 'drizzle-orm'

import type { OverdueLimit } from '../domain/overdue.ts'
import type { Phase } from '../domain/phase.ts'
import type { Via } from '../domain/reading.ts'
import type { Tx } from './db.ts'
import { jsonRows } from './json-rows.ts'
import { rowsOf } from './rows.ts'

/** A migration that has become overdue, and how it came into its phase. */
export type OverdueRow = {
  readonly key: string
  readonly migration_id: string
  readonly status: string
  readonly phase: Phase
  readonly previous_status: string | null
  readonly company_id: string | null
  readonly created_by_user_id: string | null
  readonly created_at: string | null
  /** The bounds of the moment at which it came into its phase. */
  readonly not_before: string | null
  readonly not_after: string
  readonly observed_via: Via
  readonly seconds: number
  /** The event's place in the migration's stream. */
  readonly sequence: number
}

const AT_ONCE = 500

/**
 * Marks migrations that have been in their phase for longer than its limit, each once per stay: the mark goes with the
 * phase. A row that is being written to has its turn next time.
 */
export async function markOverdue(
  tx: Tx,
  account: string,
  limits: readonly OverdueLimit[],
): Promise<OverdueRow[]> {
  return rowsOf<OverdueRow>(
    tx,
    sql`
    with late as materialized (
      select m.id, stay.*, l.seconds
      from jsonb_to_recordset(${jsonRows(limits)}::jsonb) as l (phase text, seconds float8)
      join landfall.migration m on m.phase = l.phase
      cross join lateral (
        select t.from_status, t.not_before, t.not_after, t.observed_via from landfall.transition t
        where t.migration = m.id and t.from_phase is distinct from t.to_phase order by t.seq desc limit 1) stay
      where m.account = ${account} and m.finished_at is null and m.vanished_at is null and not m.overdue
        and m.first_seen_at <= now() - make_interval(secs => l.seconds)
        and stay.not_after <= now() - make_interval(secs => l.seconds)
      order by m.id limit ${AT_ONCE} for no key update of m skip locked)
    update landfall.migration m set overdue = true, events = m.events + 1
    from late where m.id = late.id
    returning m.id as key, m.migration_id, m.status, m.phase, late.from_status as previous_status, m.company_id,
      m.created_by_user_id, m.created_at, late.not_before, late.not_after, late.observed_via, late.seconds,
      m.events as sequence`,
  )
}

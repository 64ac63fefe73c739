import { sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import { traceParent } from '../runtime/tracing.ts'
import type { Tx } from './db.ts'
import { jsonRows } from './json-rows.ts'

/** The channel on which a commit with new deliveries rings. */
export const DELIVERIES_CHANNEL = 'landfall_deliveries'

export interface EventRow {
  readonly id: string
  readonly type: EventType
  /** Null for events of a hook. */
  readonly account: string | null
  /** The hook that the event is about; it is told to the others only. */
  readonly hook?: string
  /** Null for events of the account itself. */
  readonly migration: bigint | null
  readonly migrationId: string | null
  readonly sequence: number
  readonly payload: object
}

/**
 * Writes events together with one delivery for each hook that wants them. Hooks added later get no old events;
 * a disabled hook's are held.
 */
export async function insertEvents(tx: Tx, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.execute(sql`
    with told as (
      insert into landfall.event (id, type, account, hook, migration, migration_id, sequence, payload, trace_parent)
      select id, type, account, hook, migration, migration_id, sequence, payload, ${traceParent()}
      from jsonb_to_recordset(${jsonRows(rows)}::jsonb) as r (
        id text, type text, account text, hook text, migration bigint, migration_id text, sequence int, payload jsonb)
      returning id, type, account, hook, migration, sequence)
    insert into landfall.delivery (event, hook, stream, sequence, state, next_attempt_at)
    select told.id, hook.name, coalesce('m' || told.migration, 'a/' || told.account, 'h/' || told.hook), told.sequence,
      case when hook.state = 'active' then 'pending' else 'held' end,
      case when hook.state = 'active' then now() end
    from told join landfall.hook on hook.configured and told.type = any(hook.events)
      and told.hook is distinct from hook.name`)
  await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`)
}

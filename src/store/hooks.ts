import { sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import { type Db, inTransaction } from './db.ts'
import { DELIVERIES_CHANNEL } from './events.ts'
import { jsonRows } from './json-rows.ts'
import { rowsOf } from './rows.ts'

export interface ConfiguredHook {
  readonly name: string
  readonly kind: string
  readonly events: readonly EventType[]
}

/** The configuration names hooks that stand in the database already. */
export class HookNamesTakenError extends Error {
  constructor(names: readonly string[]) {
    const remedy =
      'Call them otherwise in the configuration, or remove the stored ones: landfall hooks remove NAME'
    super(`Hooks of these names stand in the database already: ${names.join(', ')}. ${remedy}`)
  }
}

/** Makes the known hooks equal to the configured ones, beside the stored ones. Their addresses and secrets stay in the configuration. */
export async function registerHooks(db: Db, hooks: readonly ConfiguredHook[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    const names = hooks.map((hook) => hook.name)
    await tx.execute(sql`
      update landfall.hook set configured = false
      where configured and sealed is null and name <> all(${sql.param(names)}::text[])`)
    if (hooks.length === 0) return
    const { rows } = await tx.execute<{ name: string }>(sql`
      select name from landfall.hook where sealed is not null and name = any(${sql.param(names)}::text[])`)
    if (rows.length > 0) throw new HookNamesTakenError(rows.map(({ name }) => name))
    await tx.execute(sql`
      insert into landfall.hook (name, kind, events)
      select name, kind, array(select jsonb_array_elements_text(events))
      from jsonb_to_recordset(${jsonRows(hooks)}::jsonb) as r (name text, kind text, events jsonb)
      order by name
      on conflict (name) do update set kind = excluded.kind, events = excluded.events, configured = true`)
  })
}

export interface HookRow {
  readonly name: string
  readonly kind: string
  readonly source: 'configured' | 'stored'
  readonly state: 'active' | 'disabled'
  readonly state_reason: string | null
  /** Attempts that failed since the last one that was accepted, and the first of them. */
  readonly failures: number
  readonly failing_since: string | null
  /** Nothing is sent before. */
  readonly paused_until: string | null
  readonly events: string[]
  readonly pending: number
  readonly held: number
  readonly dead: number
}

export async function listHooks(db: Db): Promise<HookRow[]> {
  return rowsOf<HookRow & Record<string, unknown>>(
    db,
    sql`
    select h.name, h.kind, case when h.sealed is null then 'configured' else 'stored' end as source, h.state, h.state_reason, h.failures, h.failing_since,
      h.paused_until, h.events,
      count(d.id) filter (where d.state = 'pending')::int as pending,
      count(d.id) filter (where d.state = 'held')::int as held,
      count(d.id) filter (where d.state = 'dead')::int as dead
    from landfall.hook h left join landfall.delivery d on d.hook = h.name and d.state <> 'delivered'
    where h.configured group by h.name order by h.name`,
  )
}

/**
 * The receiver is left alone: what was to come is held. So is what died in the same run of failures, as it was the
 * hook's failure and not the event's; enabled again, the hook gets all of it in order.
 */
export async function disableHook(db: Pick<Db, 'execute'>, name: string, reason: string): Promise<void> {
  await db.execute(sql`
    with hook as (
      update landfall.hook set state = 'disabled', state_reason = ${reason}, paused_until = null
      where name = ${name} returning name, failing_since)
    update landfall.delivery d set state = 'held', next_attempt_at = null, lease_until = null
    from hook where d.hook = hook.name
      and (d.state = 'pending' or (d.state = 'dead' and d.first_attempt_at >= hook.failing_since))`)
}

/** Returns how many held deliveries are on their way again; null where no hook has this name. */
export async function enableHook(db: Db, name: string): Promise<number | null> {
  return inTransaction(db, async (tx) => {
    const enabled = await tx.execute(sql`
      update landfall.hook set state = 'active', state_reason = null, failures = 0, failing_since = null,
        last_failure_at = null, throttles = 0, warnings = 0, paused_until = null
      where name = ${name} returning name`)
    if (enabled.rows.length === 0) return null
    const { rows } = await tx.execute(sql`
      update landfall.delivery set state = 'pending', failures = 0, next_attempt_at = now()
      where hook = ${name} and state = 'held' returning id`)
    await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`)
    return rows.length
  })
}

/**
 * What was written while its hook was being enabled or disabled may have met the state before. Returns how many
 * deliveries did not fit their hook's state.
 */
export async function alignDeliveries(db: Db): Promise<number> {
  const held = await db.execute(sql`
    update landfall.delivery d set state = 'held', next_attempt_at = null, lease_until = null
    from landfall.hook h where h.state = 'disabled' and d.hook = h.name and d.state = 'pending'`)
  const released = await db.execute(sql`
    update landfall.delivery d set state = 'pending', failures = 0, next_attempt_at = now()
    from landfall.hook h where h.state = 'active' and d.hook = h.name and d.state = 'held'`)
  return (held.rowCount ?? 0) + (released.rowCount ?? 0)
}

import { sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import { type Db, inTransaction } from './db.ts'
import { jsonRows } from './json-rows.ts'

export interface ConfiguredHook {
  readonly name: string
  readonly kind: string
  readonly events: readonly EventType[]
}

/** Makes the stored hooks equal to the configured ones. Addresses and secrets stay in the configuration. */
export async function registerHooks(db: Db, hooks: readonly ConfiguredHook[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    const names = hooks.map((hook) => hook.name)
    await tx.execute(sql`
      update landfall.hook set configured = false where configured and name <> all(${sql.param(names)}::text[])`)
    if (hooks.length === 0) return
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
  readonly state: 'active' | 'disabled'
  readonly state_reason: string | null
  readonly events: string[]
  readonly pending: number
  readonly held: number
  readonly dead: number
}

export async function listHooks(db: Db): Promise<HookRow[]> {
  const { rows } = await db.execute<HookRow & Record<string, unknown>>(sql`
    select h.name, h.kind, h.state, h.state_reason, h.events,
      count(d.id) filter (where d.state = 'pending')::int as pending,
      count(d.id) filter (where d.state = 'held')::int as held,
      count(d.id) filter (where d.state = 'dead')::int as dead
    from landfall.hook h left join landfall.delivery d on d.hook = h.name and d.state <> 'delivered'
    where h.configured group by h.name order by h.name`)
  return rows
}

/** The receiver asked to be left alone: what was to come is held. */
export async function disableHook(db: Db, name: string, reason: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.execute(
      sql`update landfall.hook set state = 'disabled', state_reason = ${reason} where name = ${name}`,
    )
    await tx.execute(sql`
      update landfall.delivery set state = 'held', next_attempt_at = null, lease_until = null
      where hook = ${name} and state = 'pending'`)
  })
}

/** Returns how many held deliveries are on their way again; null where no hook has this name. */
export async function enableHook(db: Db, name: string): Promise<number | null> {
  return inTransaction(db, async (tx) => {
    const enabled = await tx.execute(
      sql`update landfall.hook set state = 'active', state_reason = null where name = ${name} returning name`,
    )
    if (enabled.rows.length === 0) return null
    const { rows } = await tx.execute(sql`
      update landfall.delivery set state = 'pending', next_attempt_at = now()
      where hook = ${name} and state = 'held' returning id`)
    return rows.length
  })
}

import { sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import type { Db, Tx } from './db.ts'

/** The channel on which a commit that adds, alters or removes a stored hook rings. */
export const HOOKS_CHANNEL = 'landfall_hooks'
/** Every process keeps workers for so many, so that none has to wait for another. */
export const STORED_HOOKS_AT_MOST = 50

export interface StoredHookRow {
  readonly name: string
  readonly sealed: string
}

/** Hooks that stand in the database, and in no configuration. */
export async function listStoredHooks(db: Pick<Db, 'execute'>): Promise<StoredHookRow[]> {
  const { rows } = await db.execute<{ name: string; sealed: string }>(
    sql`select name, sealed from landfall.hook where configured and sealed is not null order by name`,
  )
  return rows
}

/** One of them, or a configured one (`sealed` is null), locked until the transaction ends; null where there is neither. */
export async function lockHook(
  tx: Tx,
  name: string,
): Promise<{ events: EventType[]; sealed: string | null } | null> {
  const { rows } = await tx.execute<{ events: EventType[]; sealed: string | null }>(
    sql`select events, sealed from landfall.hook where name = ${name} and configured for no key update`,
  )
  return rows[0] ?? null
}

export interface NewStoredHook extends StoredHookRow {
  readonly kind: string
  readonly events: readonly EventType[]
}

/** False where a hook has this name already. */
export async function insertStoredHook(tx: Tx, hook: NewStoredHook): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    insert into landfall.hook as h (name, kind, events, sealed)
    values (${hook.name}, ${hook.kind}, ${sql.param(hook.events)}::text[], ${hook.sealed})
    on conflict (name) do update set kind = excluded.kind, events = excluded.events, sealed = excluded.sealed,
      configured = true, ${fresh}
    where not h.configured returning name`)
  await ring(tx)
  return rows.length > 0
}

export async function updateStoredHook(tx: Tx, hook: Omit<NewStoredHook, 'kind'>): Promise<void> {
  await tx.execute(sql`
    update landfall.hook set events = ${sql.param(hook.events)}::text[], sealed = ${hook.sealed}
    where name = ${hook.name}`)
  await ring(tx)
}

/** What has not arrived is given up; the log of what has stays, and with it the name. */
export async function removeStoredHook(tx: Tx, name: string): Promise<void> {
  await tx.execute(sql`
    update landfall.hook set configured = false, sealed = null, ${fresh} where name = ${name}`)
  await tx.execute(sql`
    update landfall.delivery set state = 'dead', next_attempt_at = null, lease_until = null,
      last_error = 'the hook was removed'
    where hook = ${name} and state in ('pending', 'held')`)
  await ring(tx)
}

const fresh = sql`state = 'active', state_reason = null, failures = 0, failing_since = null, last_failure_at = null,
  throttles = 0, warnings = 0, paused_until = null`

async function ring(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_notify(${HOOKS_CHANNEL}, '')`)
}

import { sql } from 'drizzle-orm'

import { HEALTHY, type HookHealth } from '../domain/hook-health.ts'
import type { Db, Tx } from './db.ts'
import { inSeconds } from './leases.ts'

interface LockedHook {
  readonly state: 'active' | 'disabled'
  readonly health: HookHealth
  readonly kind: string
  /** The database's clock, on which all of the health lies. */
  readonly now: Date
}

type HealthRow = {
  state: 'active' | 'disabled'
  kind: string
  failures: number
  failing_since: string | null
  last_failure_at: string | null
  throttles: number
  warnings: number
  now: string
}

/** Locks the hook's row until the transaction ends, so that failures that come together count one after another. */
export async function lockHookHealth(tx: Tx, name: string): Promise<LockedHook> {
  const { rows } = await tx.execute<HealthRow>(sql`
    select state, kind, failures, failing_since, last_failure_at, throttles, warnings, clock_timestamp() as now
    from landfall.hook where name = ${name} for no key update`)
  const [row] = rows
  if (row === undefined) throw new Error(`lock hook health: there is no hook ${name}`)
  const { state, kind, failures, throttles, warnings } = row
  const failingSince = dateOf(row.failing_since)
  const lastFailureAt = dateOf(row.last_failure_at)
  return {
    state,
    kind,
    health: { failures, failingSince, lastFailureAt, throttles, warnings },
    now: new Date(row.now),
  }
}

export async function saveHookHealth(
  tx: Tx,
  name: string,
  health: HookHealth,
  pauseMs: number,
): Promise<void> {
  const { failures, failingSince, lastFailureAt, throttles, warnings } = health
  await tx.execute(sql`
    update landfall.hook set failures = ${failures}, throttles = ${throttles}, warnings = ${warnings},
      failing_since = ${failingSince?.toISOString() ?? null}::timestamptz,
      last_failure_at = ${lastFailureAt?.toISOString() ?? null}::timestamptz,
      paused_until = ${pauseMs > 0 ? inSeconds(pauseMs / 1000) : null}
    where name = ${name}`)
}

/** The hook accepted what it got: its run of failures is over. */
export async function markHookHealthy(db: Pick<Db, 'execute'>, name: string): Promise<void> {
  await db.execute(sql`
    update landfall.hook set failures = ${HEALTHY.failures}, throttles = ${HEALTHY.throttles},
      warnings = ${HEALTHY.warnings}, failing_since = null, last_failure_at = null, paused_until = null
    where name = ${name} and failures > 0`)
}

/** The next place in the hook's own stream of events. */
export async function takeHookSequence(tx: Tx, name: string): Promise<number> {
  const { rows } = await tx.execute<{ own_events: number }>(
    sql`update landfall.hook set own_events = own_events + 1 where name = ${name} returning own_events`,
  )
  return rows[0]?.own_events ?? 1
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}

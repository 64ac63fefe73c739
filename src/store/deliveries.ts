import { type SQL, sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import { BREAKER_FAILURES } from '../domain/hook-health.ts'
import type { ToldEvent } from '../domain/outgoing-event.ts'
import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree, WORK_S } from './leases.ts'

/** Attempts under way to one hook at most, so that a slow receiver only slows itself. */
export const ATTEMPTS_PER_HOOK = 20

export interface DeliveryClaim {
  readonly deliveryId: string
  readonly claim: number
}

export interface DueDelivery extends DeliveryClaim {
  /** The trace that its event belongs to. */
  readonly traceParent: string | null
}

/**
 * Claims due deliveries, at most one per stream and hook: what stands behind it in its stream waits until it is
 * delivered or dead. A hook that failed too often in a row gets one attempt at a time.
 */
export async function claimDueDeliveries(db: Db | Tx, hooks: readonly string[]): Promise<DueDelivery[]> {
  const { rows } = await db.execute<DueDelivery & Record<string, unknown>>(sql`
    with due as materialized (
      select line.id from landfall.hook h
      cross join lateral (
        select d.id from landfall.delivery d
        where d.hook = h.name and d.state = 'pending' and d.next_attempt_at <= now()
          and ${isFree('d.lease_until')}
          -- A subquery and no anti-join, so that only the stream's own lines are read, whatever the statistics say.
          and (
            select true from landfall.delivery other
            where other.hook = d.hook and other.stream = d.stream and other.id <> d.id
              -- Held, where it was written while its hook was being enabled, until it is aligned.
              and other.state in ('pending', 'held')
              -- Or an attempt of a later event is under way, after which an earlier one was asked for again.
              and (other.sequence < d.sequence or not ${isFree('other.lease_until')})
            limit 1) is null
        order by d.next_attempt_at, d.id
        limit greatest(0, case when h.failures >= ${BREAKER_FAILURES} then 1 else ${ATTEMPTS_PER_HOOK} end - (
          select count(*) from landfall.delivery b
          where b.hook = h.name and b.state = 'pending' and b.lease_until is not null
            and not ${isFree('b.lease_until')}))
        for no key update skip locked) line
      where h.name = any(${sql.param(hooks)}::text[]) and h.state = 'active' and ${isPast('h.paused_until')})
    update landfall.delivery d set claim = d.claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    from due where d.id = due.id
    returning d.id as "deliveryId", d.claim,
      (select e.trace_parent from landfall.event e where e.id = d.event) as "traceParent"`)
  return rows
}

/** No pause lasts longer than 72 minutes: one that seems to was written before the clock was set back. */
function isPast(pausedUntil: string): SQL {
  const column = sql.raw(pausedUntil)
  return sql`(${column} is null or ${column} <= now() or ${column} > now() + interval '90 minutes')`
}

export interface ClaimedDelivery {
  readonly hook: string
  /** 1-based number of the attempt that begins, since the delivery was last set going. */
  readonly attempt: number
  /** Whether the hook's last attempt failed. */
  readonly isHookFailing: boolean
  /** From the event's transaction to now, where this is the first attempt of all; else null. */
  readonly firstAfterMs: number | null
  readonly event: ToldEvent
}

type AttemptRow = {
  hook: string
  failures: number
  is_hook_failing: boolean
  first_after_ms: number | null
  id: string
  type: EventType
  account: string | null
  about_hook: string | null
  migration_id: string | null
  sequence: number
  recorded_at: string
  payload: Record<string, unknown>
}

/**
 * Takes up a claimed delivery; null where the claim is no longer valid. The attempt is counted once its outcome is
 * known: one that ended with its process says nothing about the receiver.
 */
export async function startAttempt(db: Db, delivery: DeliveryClaim): Promise<ClaimedDelivery | null> {
  const { rows } = await db.execute<AttemptRow>(sql`
    update landfall.delivery d set lease_until = ${inSeconds(WORK_S)},
      first_attempt_at = coalesce(d.first_attempt_at, now())
    from landfall.event e, landfall.hook h
    where d.id = ${delivery.deliveryId}::bigint and d.claim = ${delivery.claim} and d.state = 'pending'
      and d.lease_until > now() and e.id = d.event and h.name = d.hook
    returning d.hook, d.failures, h.failures > 0 as is_hook_failing,
      case when d.first_attempt_at = now() then extract(epoch from now() - e.recorded_at)::float8 * 1000 end as first_after_ms, e.id, e.type, e.account, e.hook as about_hook,
      e.migration_id, e.sequence, e.recorded_at, e.payload`)
  const row = rows[0]
  if (row === undefined) return null
  const { hook, failures, id, type, account, sequence, payload } = row
  const recordedAt = new Date(row.recorded_at)
  const about = { account, hook: row.about_hook, migrationId: row.migration_id }
  const event = { id, type, ...about, sequence, recordedAt, payload }
  const told = { isHookFailing: row.is_hook_failing, firstAfterMs: row.first_after_ms }
  return { hook, attempt: failures + 1, ...told, event }
}

const held = (delivery: DeliveryClaim) =>
  sql`id = ${delivery.deliveryId}::bigint and claim = ${delivery.claim}`

export async function markDelivered(
  db: Db,
  delivery: DeliveryClaim,
  statusCode: number | null,
): Promise<void> {
  await db.execute(sql`
    update landfall.delivery set state = 'delivered', delivered_at = now(), next_attempt_at = null, lease_until = null,
      attempts = attempts + 1, last_status_code = ${statusCode}, last_error = null
    -- Held, where its hook was disabled meanwhile: what was accepted need not be sent again.
    where ${held(delivery)} and state in ('pending', 'held')`)
}

export interface FailedAttempt {
  readonly statusCode: number | null
  readonly error: string
}

const noteFailure = (failed: FailedAttempt) =>
  sql`attempts = attempts + 1, failures = failures + 1, last_status_code = ${failed.statusCode}, last_error = ${failed.error}`

export async function retryDelivery(
  tx: Tx,
  delivery: DeliveryClaim,
  failed: FailedAttempt,
  inMs: number,
): Promise<void> {
  await tx.execute(sql`
    update landfall.delivery set lease_until = null, next_attempt_at = ${inSeconds(inMs / 1000)}, ${noteFailure(failed)}
    where ${held(delivery)} and state = 'pending'`)
}

/** Every attempt was used up; what stands behind it in its stream may go. */
export async function buryDelivery(tx: Tx, delivery: DeliveryClaim, failed: FailedAttempt): Promise<void> {
  await tx.execute(sql`
    update landfall.delivery set state = 'dead', next_attempt_at = null, lease_until = null, ${noteFailure(failed)}
    where ${held(delivery)} and state = 'pending'`)
}

/** The attempt after which its hook was disabled: the delivery waits with the others. */
export async function holdDelivery(tx: Tx, delivery: DeliveryClaim, failed: FailedAttempt): Promise<void> {
  await tx.execute(sql`
    update landfall.delivery set state = 'held', next_attempt_at = null, lease_until = null, ${noteFailure(failed)}
    where ${held(delivery)} and state in ('pending', 'held')`)
}

/** Not an attempt after all: the process is stopping, or does not know the hook. */
export async function returnDelivery(db: Db, delivery: DeliveryClaim, waitMs: number): Promise<void> {
  await db.execute(sql`
    update landfall.delivery set lease_until = null, next_attempt_at = ${inSeconds(waitMs / 1000)}
    where ${held(delivery)} and state = 'pending'`)
}

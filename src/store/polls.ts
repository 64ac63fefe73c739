import { sql } from 'drizzle-orm'

import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree, WORK_S } from './leases.ts'

export interface PollClaim {
  readonly key: string
  readonly claim: number
}

export interface DuePolls {
  /** Only those that are to be read at their time whatever that is worth. */
  readonly urgent: boolean
  readonly limit: number
  /** Polls that may be under way at a time. */
  readonly atOnce: number
}

/**
 * Claims the account's polls that have been due the longest. Those under way are still due and among the longest, so
 * that looking only at the first `atOnce` keeps it to that many at once. Many may have become due in the same moment.
 */
export async function claimDuePolls(
  tx: Tx,
  account: string,
  { urgent, limit, atOnce }: DuePolls,
): Promise<PollClaim[]> {
  if (limit <= 0) return []
  const kind = urgent ? sql`urgent` : sql`next_poll_at is not null`
  const { rows } = await tx.execute<{ key: string; claim: number }>(sql`
    with due as materialized (
      select m.id from landfall.migration m
      join (
        select id from landfall.migration
        where account = ${account} and ${kind} and next_poll_at <= now()
        order by next_poll_at, id limit ${atOnce}) longest on longest.id = m.id
      where ${isFree('m.lease_until')}
      order by m.next_poll_at limit ${limit} for no key update of m skip locked)
    update landfall.migration m set claim = m.claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    from due where m.id = due.id returning m.id as key, m.claim`)
  return rows
}

/** Claims one poll of the account, due or not: the one that is due next. */
export async function claimAnyPoll(tx: Tx, account: string): Promise<PollClaim[]> {
  const { rows } = await tx.execute<{ key: string; claim: number }>(sql`
    with chosen as materialized (
      select id from landfall.migration
      where account = ${account} and next_poll_at is not null and ${isFree('lease_until')}
      order by next_poll_at limit 1 for no key update skip locked)
    update landfall.migration m set claim = m.claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    from chosen where m.id = chosen.id returning m.id as key, m.claim`)
  return rows
}

export interface ClaimedPoll {
  readonly migrationId: string
  readonly runId: string | null
  /** A provider's webhook asked for it. */
  readonly byHint: boolean
  /** Since the webhook came; 0 where none did. */
  readonly hintAgeMs: number
  readonly failures: number
  readonly misses: number
  /** Since it was due; 0 where it is not due yet. */
  readonly lateMs: number
}

/** Takes up a claim; null where it is no longer valid, because it came late or another took over. */
export async function startPoll(db: Db, poll: PollClaim): Promise<ClaimedPoll | null> {
  const { rows } = await db.execute<ClaimedPoll & Record<string, unknown>>(sql`
    update landfall.migration set lease_until = ${inSeconds(WORK_S)}
    where id = ${poll.key}::bigint and claim = ${poll.claim} and lease_until > now()
    returning migration_id as "migrationId", run_id as "runId", by_hint as "byHint",
      greatest(0, coalesce(extract(epoch from now() - hinted_at)::float8 * 1000, 0)) as "hintAgeMs", failures, misses,
      greatest(0, coalesce(extract(epoch from now() - next_poll_at)::float8 * 1000, 0)) as "lateMs"`)
  return rows[0] ?? null
}

const held = (poll: PollClaim) => sql`id = ${poll.key}::bigint and claim = ${poll.claim}`

/** Ends a claim. What comes next stands in `next_poll_at`, which is left alone here. */
export async function releasePoll(db: Pick<Db, 'execute'>, poll: PollClaim): Promise<void> {
  await db.execute(sql`update landfall.migration set lease_until = null, by_hint = false where ${held(poll)}`)
}

/** Ends the claim of a poll that was recorded. Where another run has begun since it was claimed, it is read next. */
export async function endPoll(tx: Tx, poll: PollClaim, runId: string | null): Promise<void> {
  const isOther = sql`run_id is distinct from ${runId}::text`
  await tx.execute(sql`
    update landfall.migration set lease_until = null, by_hint = false, urgent = urgent or ${isOther},
      next_poll_at = case when ${isOther} then now() else next_poll_at end
    where ${held(poll)}`)
}

export async function postponePoll(db: Db, poll: PollClaim, waitMs: number): Promise<void> {
  await db.execute(sql`
    update landfall.migration set lease_until = null, by_hint = false, failures = failures + 1, urgent = true,
      next_poll_at = ${inSeconds(waitMs / 1000)}
    where ${held(poll)}`)
}

/** A `get` found nothing: ask again later. */
export async function countMiss(db: Db, poll: PollClaim, waitMs: number): Promise<void> {
  await db.execute(sql`
    update landfall.migration set lease_until = null, by_hint = false, misses = misses + 1, polls = polls + 1, urgent = true,
      next_poll_at = ${inSeconds(waitMs / 1000)}
    where ${held(poll)}`)
}

export type Vanished = {
  readonly key: string
  readonly events: number
  readonly status: string
  readonly phase: string
  readonly company_id: string | null
  readonly created_by_user_id: string | null
  readonly created_at: string | null
  readonly requested_at: string
}

/** The migration is gone; null where the claim was lost, or where this was known already. */
export async function markVanished(tx: Tx, poll: PollClaim): Promise<Vanished | null> {
  const { rows } = await tx.execute<Vanished & { readonly is_news: boolean }>(sql`
    update landfall.migration set lease_until = null, next_poll_at = null, urgent = false, polls = polls + 1, misses = misses + 1,
      last_get_at = now(), doubted = false, false_doubts = least(false_doubts + case when doubted then 1 else 0 end, 10),
      vanished_at = coalesce(vanished_at, now()), events = events + case when vanished_at is null then 1 else 0 end
    where ${held(poll)}
    returning id as key, events, status, phase, company_id, created_by_user_id, requested_at, vanished_at = now() as is_news,
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`)
  const row = rows[0]
  if (row === undefined || !row.is_news) return null
  const { is_news: _, ...gone } = row
  return gone
}

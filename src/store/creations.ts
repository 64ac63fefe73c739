import { sql } from 'drizzle-orm'

import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree, WORK_S } from './leases.ts'

export interface Intent {
  readonly account: string
  readonly externalId: string
  readonly request: Readonly<Record<string, unknown>>
}

type CreationState = 'intended' | 'sent' | 'created' | 'refused' | 'lost'

export type StoredCreation = {
  readonly key: string
  readonly state: CreationState
  readonly migrationId: string | null
  readonly reason: string | null
  /** Whether what is stored is what is asked for now. */
  readonly isSame: boolean
}

/** Notes what is to be made, unless that is known already. What was refused may be asked for otherwise. */
export async function intendCreation(db: Db, intent: Intent): Promise<StoredCreation> {
  const request = sql`${JSON.stringify(intent.request)}::jsonb`
  const { rows } = await db.execute<StoredCreation>(sql`
    insert into landfall.creation as c (account, external_id, request)
    values (${intent.account}, ${intent.externalId}, ${request})
    on conflict (account, external_id) do update set
      request = case when c.state = 'refused' then excluded.request else c.request end,
      state = case when c.state = 'refused' then 'intended' else c.state end
    returning id as key, state, migration_id as "migrationId", reason, request = ${request} as "isSame"`)
  const [row] = rows
  if (row === undefined) throw new Error(`intend creation: ${intent.externalId} left no row`)
  return row
}

export interface CreationClaim {
  readonly key: string
  readonly claim: number
}

const OPEN = sql`state in ('intended', 'sent')`

/** Claims what of the account is to be made now. */
export async function claimCreations(tx: Tx, account: string, limit: number): Promise<CreationClaim[]> {
  if (limit <= 0) return []
  const { rows } = await tx.execute<{ key: string; claim: number }>(sql`
    with due as materialized (
      select id from landfall.creation
      where account = ${account} and ${OPEN} and next_try_at <= now() and ${isFree('lease_until')}
      order by next_try_at limit ${limit} for no key update skip locked)
    update landfall.creation c set claim = c.claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    from due where c.id = due.id returning c.id as key, c.claim`)
  return rows
}

/** Claims one for the caller itself, due or not; null while another is at it. */
export async function claimCreation(db: Db, key: string): Promise<CreationClaim | null> {
  const { rows } = await db.execute<{ key: string; claim: number }>(sql`
    update landfall.creation set claim = claim + 1, lease_until = ${inSeconds(HANDOVER_S)}
    where id = ${key}::bigint and ${OPEN} and ${isFree('lease_until')} returning id as key, claim`)
  return rows[0] ?? null
}

export type ClaimedCreation = {
  readonly externalId: string
  readonly request: Record<string, unknown>
  readonly state: CreationState
  readonly attempts: number
}

const held = ({ key, claim }: CreationClaim) => sql`id = ${key}::bigint and claim = ${claim}`

/** Takes up a claim; null where it is no longer valid. */
export async function startCreation(db: Db, claim: CreationClaim): Promise<ClaimedCreation | null> {
  const { rows } = await db.execute<ClaimedCreation>(sql`
    update landfall.creation set lease_until = ${inSeconds(WORK_S)}
    where ${held(claim)} and lease_until > now() and ${OPEN}
    returning external_id as "externalId", request, state, attempts`)
  return rows[0] ?? null
}

/** From here on the request may have left; false where the claim is lost. */
export async function markSent(db: Db, claim: CreationClaim): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    update landfall.creation set state = 'sent', attempts = attempts + 1, sent_at = coalesce(sent_at, now())
    where ${held(claim)} and lease_until > now()`)
  return rowCount === 1
}

/** Another answer may have come to the same end before. */
export async function markCreated(tx: Tx, { key }: CreationClaim, migrationId: string): Promise<void> {
  await tx.execute(sql`
    update landfall.creation set state = 'created', migration_id = ${migrationId}, reason = null, lease_until = null
    where id = ${key}::bigint`)
}

/** Neither made nor given up: tried again after the wait. */
export async function postponeCreation(
  db: Db,
  claim: CreationClaim,
  {
    state,
    reason,
    waitMs,
  }: { readonly state: 'intended' | 'sent'; readonly reason: string; readonly waitMs: number },
): Promise<void> {
  await db.execute(sql`
    update landfall.creation set state = ${state}, reason = ${reason}, lease_until = null,
      next_try_at = ${inSeconds(waitMs / 1000)}
    where ${held(claim)}`)
}

/** It will not be tried again by itself. */
export async function endCreation(
  db: Db,
  claim: CreationClaim,
  state: 'refused' | 'lost',
  reason: string,
): Promise<void> {
  await db.execute(sql`
    update landfall.creation set state = ${state}, reason = ${reason}, lease_until = null where ${held(claim)}`)
}

/** Clocks, theirs and ours, may differ by so much; and so long may their answer have taken. */
const CANDIDATE_S = { before: 5, after: 60 }

/** Migrations that the account has since, created when a lost request was sent, and by no creation that is known. */
export async function findCandidates(db: Db, key: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select m.migration_id as id from landfall.creation c
    join landfall.migration m on m.account = c.account
      and m.created_at between c.sent_at - make_interval(secs => ${CANDIDATE_S.before})
        and c.sent_at + make_interval(secs => ${CANDIDATE_S.after})
    where c.id = ${key}::bigint and not exists (
      select from landfall.creation other where other.account = c.account and other.migration_id = m.migration_id)
    order by m.created_at limit 20`)
  return rows.map((row) => row.id)
}

import { and, eq, sql } from 'drizzle-orm'

import type { FreshEnd, Walk, WalkKind } from '../domain/walk.ts'
import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree, WORK_S } from './leases.ts'
import { pageSizeFor } from './page-sizes.ts'
import { walks } from './schema/account.ts'

/** One of an account's walks, as the planner sees it. */
export interface WalkState {
  readonly walk: Walk | null
  readonly completed: number
  readonly lastPage: number
  readonly freshEnd: FreshEnd
  /** A walk stands and its next page may be asked for, or none stands and one may begin. */
  readonly due: boolean
  readonly msSinceRequest: number | null
}

/** No wait of a walk is longer: what is further away was set before the clock was set back. */
const isReached = (column: string) =>
  sql`(${sql.raw(column)} <= now() or ${sql.raw(column)} > now() + interval '10 minutes')`

const walkOf = (account: string, kind: WalkKind) => and(eq(walks.account, account), eq(walks.kind, kind))

/**
 * Locks one of the account's walks; null while a page of it is being recorded. Waiting for that would end in a deadlock:
 * a page's transaction comes from the walk to the account, a tick from the account to the walk.
 */
export async function lockWalk(tx: Tx, account: string, kind: WalkKind): Promise<WalkState | null> {
  const [row] = await tx
    .select({
      walk: walks.walk,
      completed: walks.completed,
      lastPage: walks.lastPage,
      freshEnd: walks.freshEnd,
      due: sql<boolean>`${isReached('next_page_at')} and ${isFree('lease_until')}
        and (walk is not null or coalesce(${isReached('due_at')}, false))`,
      msSinceRequest: sql<number | null>`extract(epoch from now() - last_request_at)::float8 * 1000`,
    })
    .from(walks)
    .where(walkOf(account, kind))
    .for('no key update', { skipLocked: true })
  return row ?? null
}

/** The account's sweep is due, unless one began so recently that this is an echo. */
export async function requestSweep(db: Db, account: string, notWithinMs: number): Promise<void> {
  await db.execute(sql`
    update landfall.walk set due_at = now()
    where account = ${account} and kind = 'sweep' and due_at is null
      and (started_at is null or started_at > now()
        or started_at < now() - make_interval(secs => ${notWithinMs / 1000}))`)
}

/** The account's next look is due. */
export async function requestLook(db: Db, account: string): Promise<void> {
  await db.execute(
    sql`update landfall.walk set due_at = now() where account = ${account} and kind = 'look' and due_at > now()`,
  )
}

export interface PageClaim {
  readonly account: string
  readonly kind: WalkKind
  readonly claim: number
}

/** Begins a walk; the next of its kind is due after `againInMs`, or, where that is null, when somebody asks. */
export async function beginWalk(
  tx: Tx,
  account: string,
  walk: Walk,
  kind: WalkKind,
  againInMs: number | null,
): Promise<void> {
  const dueAt = againInMs === null ? sql`null` : sql`${inSeconds(againInMs / 1000)}`
  await tx.execute(sql`
    update landfall.walk set walk = ${JSON.stringify(walk)}::jsonb, started_at = now(), failures = 0, due_at = ${dueAt},
      page_size = null
    where account = ${account} and kind = ${kind}`)
}

/** Claims the next page of a walk that stands. */
export async function claimPage(tx: Tx, account: string, kind: WalkKind): Promise<PageClaim> {
  const { rows } = await tx.execute<{ claim: number }>(sql`
    update landfall.walk set claim = claim + 1, last_request_at = now(),
      lease_until = ${inSeconds(HANDOVER_S)}
    where account = ${account} and kind = ${kind} returning claim`)
  const claim = rows[0]?.claim
  if (claim === undefined) throw new Error(`claim page: account ${account} was never registered`)
  return { account, kind, claim }
}

const held = (page: PageClaim) =>
  sql`account = ${page.account} and kind = ${page.kind} and claim = ${page.claim}`

export interface ClaimedPage {
  readonly walk: Walk
  readonly failures: number
  /** The same for all pages of a walk: with another, their numbers would mean other rows. */
  readonly pageSize: number
}

/**
 * Takes up a claimed page; null where the claim is no longer valid, because it came late or another took over. A walk's
 * first page settles the size of all: the one configured, or a smaller one where the provider takes no larger.
 */
export async function startPage(db: Db, page: PageClaim, pageSize: number): Promise<ClaimedPage | null> {
  const size = pageSizeFor(page.account, pageSize)
  const { rows } = await db.execute<{ walk: Walk; failures: number; pageSize: number }>(sql`
    update landfall.walk set lease_until = ${inSeconds(WORK_S)}, page_size = coalesce(landfall.walk.page_size, ${size})
    where ${held(page)} and lease_until > now() and walk is not null
    returning walk, failures, page_size as "pageSize"`)
  return rows[0] ?? null
}

/** Locks the walk for its page's transaction; false where another process has taken over. */
export async function holdPage(tx: Tx, page: PageClaim): Promise<boolean> {
  const { rows } = await tx.execute(sql`select 1 from landfall.walk where ${held(page)} for no key update`)
  return rows.length === 1
}

export async function advanceWalk(tx: Tx, page: PageClaim, walk: Walk): Promise<void> {
  await tx.execute(sql`
    update landfall.walk set walk = ${JSON.stringify(walk)}::jsonb, lease_until = null, failures = 0
    where ${held(page)}`)
}

/** Gives a claim back, and the walk up: another begins. With pages of another size its numbers mean other rows. */
export async function restartWalk(db: Db, page: PageClaim): Promise<void> {
  await db.execute(sql`
    update landfall.walk set walk = null, page_size = null, lease_until = null, failures = 0, due_at = now(),
      next_page_at = now()
    where ${held(page)}`)
}

/** What a finished walk leaves behind; `again` asks for another one at once. */
export interface WalkEnd {
  readonly lastPage: number
  readonly freshEnd: FreshEnd
  readonly again: boolean
}

export async function endWalk(tx: Tx, page: PageClaim, end: WalkEnd): Promise<void> {
  await tx.execute(sql`
    update landfall.walk set walk = null, lease_until = null, failures = 0, completed = completed + 1,
      last_page = ${end.lastPage}, fresh_end = ${end.freshEnd},
      due_at = case when ${end.again} then now() else due_at end
    where ${held(page)}`)
}

/** Gives a claim back; the same page is asked for again after the wait. */
export async function postponePage(db: Db, page: PageClaim, waitMs: number, failed: boolean): Promise<void> {
  await db.execute(sql`
    update landfall.walk set lease_until = null, failures = failures + ${failed ? 1 : 0},
      next_page_at = ${inSeconds(waitMs / 1000)}
    where ${held(page)}`)
}

import { type SQL, sql } from 'drizzle-orm'

import { EVENT_TYPES, type EventType } from '../../domain/event-type.ts'
import type { Phase } from '../../domain/phase.ts'
import type { Via } from '../../domain/reading.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'
import type { Identity } from './migrations.ts'
import { allOf, isOne, type Page, pageOf } from './page.ts'

export type TransitionRow = {
  readonly account: string
  readonly migration_id: string
  readonly seq: number
  readonly from_status: string | null
  readonly to_status: string
  readonly from_phase: Phase | null
  readonly to_phase: Phase
  readonly not_before: string | null
  readonly not_after: string
  readonly observed_via: Via
  readonly recorded_at: string
}

export async function listTransitions(db: Db, migration: Identity): Promise<TransitionRow[]> {
  return rowsOf<TransitionRow>(
    db,
    sql`select * from reporting.transitions where ${itself(migration)} order by seq`,
  )
}

export type EventRecord = {
  readonly event_id: string
  readonly type: EventType
  /** Null for events of a hook. */
  readonly account: string | null
  readonly migration_id: string | null
  readonly sequence: number
  readonly recorded_at: string
  readonly payload: Record<string, unknown>
}

export async function listEvents(db: Db, migration: Identity): Promise<EventRecord[]> {
  return rowsOf<EventRecord>(
    db,
    sql`select * from reporting.events where ${itself(migration)} and migration_id is not null order by sequence`,
  )
}

const itself = ({ account, migration_id }: Identity) =>
  sql`account = ${account} and migration_id = ${migration_id}`

/** All that is given must fit. */
export interface EventFilter {
  readonly account?: string | undefined
  readonly types?: readonly EventType[] | undefined
  readonly since?: Date | undefined
}

export interface RecentEventsAsked extends EventFilter {
  readonly limit: number
  /** Only older ones. */
  readonly after?: EventPlace | undefined
}

export interface EventPlace {
  readonly at: string
  readonly event_id: string
}

/** Newest first, for people. Who must miss none reads the feed, whose order is that of the transactions. */
export async function listRecentEvents(
  db: Pick<Db, 'execute'>,
  { limit, ...asked }: RecentEventsAsked,
): Promise<Page<EventRecord, EventPlace>> {
  const most = limit + 1
  const found = await rowsOf<EventRecord>(
    db,
    sql`select v.* from (${newestOf(asked, most)} order by at desc, id desc limit ${most}) as page
    join reporting.events v on v.event_id = page.id order by page.at desc, page.id desc`,
  )
  return pageOf(found, limit, ({ recorded_at, event_id }) => ({ at: recorded_at, event_id }))
}

/** Each type's newest stand together in an index, of all accounts and of each; so does what is newest of all. */
function newestOf({ account, types, since, after }: Omit<RecentEventsAsked, 'limit'>, most: number): SQL {
  const fits = allOf([
    since && sql`e.recorded_at >= ${since.toISOString()}::timestamptz`,
    // The first condition is where the index is entered; the second holds among events of the same moment.
    after && sql`e.recorded_at <= ${after.at}::timestamptz`,
    after && sql`(e.recorded_at, e.id) < (${after.at}::timestamptz, ${after.event_id})`,
  ])
  if (account === undefined && types === undefined) {
    return sql`select e.id, e.recorded_at as at from landfall.event e where ${fits}`
  }
  const [first, one] =
    account === undefined
      ? [sql`e.type`, isOne(sql`e.type`, sql`kind.type`)]
      : [sql`e.account`, sql`${isOne(sql`e.account`, sql`${account}::text`)} and e.type = kind.type`]
  return sql`
    select newest.* from unnest(${sql.param(types ?? EVENT_TYPES)}::text[]) as kind (type) cross join lateral (
      select e.id, e.recorded_at as at from landfall.event e where ${one} and ${fits}
      order by ${first} desc, e.recorded_at desc, e.id desc limit ${most}) as newest`
}

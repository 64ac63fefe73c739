import { sql } from 'drizzle-orm'

import type { EventType } from '../../domain/event-type.ts'
import type { Phase } from '../../domain/phase.ts'
import type { Via } from '../../domain/reading.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'
import type { Identity } from './migrations.ts'
import { allOf, among, type Page, pageOf } from './page.ts'

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
  db: Db,
  { account, types, since, limit, after }: RecentEventsAsked,
): Promise<Page<EventRecord, EventPlace>> {
  const fits = allOf([
    account === undefined ? undefined : sql`account = ${account}`,
    types && sql`type = ${among(types)}`,
    since && sql`recorded_at >= ${since.toISOString()}::timestamptz`,
    after && sql`(recorded_at, event_id) < (${after.at}::timestamptz, ${after.event_id})`,
  ])
  const found = await rowsOf<EventRecord>(
    db,
    sql`select * from reporting.events where ${fits} order by recorded_at desc, event_id desc limit ${limit + 1}`,
  )
  return pageOf(found, limit, ({ recorded_at, event_id }) => ({ at: recorded_at, event_id }))
}

import { sql } from 'drizzle-orm'

import type { EventType } from '../../domain/event-type.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'
import { allOf, isOne, type Page, pageOf } from './page.ts'

export type DeliveryRow = {
  readonly event_id: string
  readonly event_type: EventType
  readonly hook: string
  readonly state: 'pending' | 'delivered' | 'dead' | 'held'
  readonly attempts: number
  readonly first_attempt_at: string | null
  readonly delivered_at: string | null
  readonly next_attempt_at: string | null
  readonly last_status_code: number | null
  readonly last_error: string | null
}

export async function listDeliveries(db: Db, eventIds: readonly string[]): Promise<DeliveryRow[]> {
  return rowsOf<DeliveryRow>(
    db,
    sql`select d.* from reporting.deliveries d join reporting.events e on e.event_id = d.event_id
      where d.event_id = any(${sql.param(eventIds)}::text[]) order by e.sequence, d.hook`,
  )
}

export type ToldDeliveryRow = DeliveryRow & {
  readonly account: string | null
  readonly migration_id: string | null
  readonly recorded_at: string
}

export interface DeliveriesAsked {
  readonly hook?: string | undefined
  readonly state?: DeliveryRow['state'] | undefined
  readonly limit: number
  /** Only older ones. */
  readonly after?: DeliveryPlace | undefined
}

/** The delivery's own number: they are given out in the order in which deliveries are written. */
export interface DeliveryPlace {
  readonly id: string
}

/** Deliveries of all hooks, or of one, newest first. */
export async function listNewestDeliveries(
  db: Pick<Db, 'execute'>,
  { hook, state, limit, after }: DeliveriesAsked,
): Promise<Page<ToldDeliveryRow, DeliveryPlace>> {
  const most = limit + 1
  const states = state === undefined ? ['pending', 'held', 'dead', 'delivered'] : [state]
  // Each hook's newest in each state are the first of an index, however rare that state is.
  const found = await rowsOf<ToldDeliveryRow & { id: string }>(
    db,
    sql`select page.id, d.*, e.account, e.migration_id, e.recorded_at from (
      select first.* from landfall.hook h cross join unnest(${sql.param(states)}::text[]) as asked (state)
      cross join lateral (
        select d.id, d.event as event_id, d.hook from landfall.delivery d
        where ${isOne(sql`d.hook`, sql`h.name`)} and d.state = asked.state
          and ${allOf([after && sql`d.id < ${after.id}::bigint`])}
        order by d.hook desc, d.id desc limit ${most}) as first
      where ${allOf([hook === undefined ? undefined : sql`h.name = ${hook}`])}
      order by id desc limit ${most}) as page
    -- Offset 0: one at a time by its key, however few deliveries there are.
    cross join lateral (
      select * from reporting.deliveries d where d.event_id = page.event_id and d.hook = page.hook offset 0) as d
    join reporting.events e on e.event_id = page.event_id
    order by page.id desc`,
  )
  const page = pageOf(found, limit, ({ id }) => ({ id }))
  return { ...page, rows: page.rows.map(({ id: _, ...row }) => row) }
}

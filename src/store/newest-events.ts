import { sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'
import type { EventRecord } from './views.ts'

/** All that is given must fit. */
export interface EventFilter {
  readonly account?: string | undefined
  readonly types?: readonly EventType[] | undefined
  readonly since?: Date | undefined
}

/** Newest first, for people. Who must miss none reads the feed, whose order is that of the transactions. */
export async function listNewestEvents(
  db: Db,
  { account, types, since }: EventFilter,
  limit: number,
): Promise<EventRecord[]> {
  return rowsOf<EventRecord>(
    db,
    sql`select * from reporting.events
      where (${account ?? null}::text is null or account = ${account ?? null})
        and (${types === undefined} or type = any(${sql.param(types ?? [])}::text[]))
        and recorded_at >= ${since?.toISOString() ?? '-infinity'}::timestamptz
      order by recorded_at desc, event_id desc limit ${limit}`,
  )
}

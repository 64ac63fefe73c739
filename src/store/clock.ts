import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'

/** The database's clock. */
export async function loadNow(db: Db): Promise<Date> {
  const rows = await rowsOf<{ now_at: string }>(db, sql`select clock_timestamp() as now_at`)
  return new Date(rows[0]?.now_at ?? Date.now())
}

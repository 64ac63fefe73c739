import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'

/** Milliseconds since the account's last tick, for each of these accounts; null where none ever ran. */
export async function loadTickAges(db: Db, accounts: readonly string[]): Promise<Map<string, number | null>> {
  const { rows } = await db.execute<{ name: string; ms: number | null }>(sql`
    select name, extract(epoch from clock_timestamp() - planned_at)::float8 * 1000 as ms
    from landfall.account where name = any(${sql.param(accounts)}::text[])`)
  return new Map(rows.map((row) => [row.name, row.ms]))
}

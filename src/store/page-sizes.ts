import { type SQL, sql } from 'drizzle-orm'

import type { Db, Tx } from './db.ts'

/** Every day the configured size is tried again: providers raise their limits, and a refusal may have meant another thing. */
const isFresh = sql`page_size_at > now() - interval '1 day' and page_size_at <= now() + interval '1 hour'`

/** The page size to ask the account's provider for: the one configured, or a smaller one where that is all it gives. */
export const pageSizeFor = (account: string, configured: number): SQL =>
  sql`least(${configured}::int, (select page_size from landfall.account where name = ${account} and ${isFresh}))`

export async function loadPageSize(
  db: Pick<Db, 'execute'>,
  account: string,
  configured: number,
): Promise<number> {
  const { rows } = await db.execute<{ size: number }>(sql`select ${pageSizeFor(account, configured)} as size`)
  return rows[0]?.size ?? configured
}

/** Every size was refused not long ago: then something else is wrong, and nothing is learned of sizes. */
const isHopeless = sql`page_size is null and page_size_at > now() - interval '10 minutes' and page_size_at <= now()`

/**
 * From now on the account's provider is asked for pages of this size; null says that it refuses every size. Returns
 * whether the account takes it up.
 */
export async function recordPageSize(tx: Tx, account: string, size: number | null): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    update landfall.account set page_size_at = now(),
      page_size = case when ${isFresh} and ${size}::int is not null then least(page_size, ${size}::int)
        else ${size}::int end
    where name = ${account} and (${size}::int is null or (${isHopeless}) is not true)
    returning 1`)
  if (rows.length === 0) return false
  // To a planner page numbers mean places in the list: with pages of another size it begins anew.
  await tx.execute(sql`update landfall.planner set turn = turn + 1 where account = ${account}`)
  return true
}

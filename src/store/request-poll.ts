import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'
import type { Identity } from './views/migrations.ts'

export type PollRequested =
  | { readonly kind: 'due'; readonly next_poll_at: string }
  /** The provider no longer knows it. */
  | { readonly kind: 'vanished' }
  | { readonly kind: 'unknown' }

/** The migration is due now, whatever was planned. */
export async function requestPoll(
  db: Pick<Db, 'execute'>,
  { account, migration_id }: Identity,
): Promise<PollRequested> {
  const itself = sql`account = ${account} and migration_id = ${migration_id}`
  const [due] = await rowsOf<{ next_poll_at: string }>(
    db,
    sql`update landfall.migration set next_poll_at = now(), urgent = true
      where ${itself} and vanished_at is null returning next_poll_at`,
  )
  if (due !== undefined) return { kind: 'due', next_poll_at: due.next_poll_at }
  const known = await db.execute(sql`select from landfall.migration where ${itself}`)
  return { kind: known.rows.length > 0 ? 'vanished' : 'unknown' }
}

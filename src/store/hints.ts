import { sql } from 'drizzle-orm'

import { HINT_REPEATS_S } from '../domain/hint.ts'
import type { Rate } from './bucket.ts'
import type { Db, Tx } from './db.ts'
import { HANDOVER_S, inSeconds, isFree } from './leases.ts'
import type { PollClaim } from './polls.ts'

/** Signatures are good for minutes: what is older cannot come again. */
const KEPT = sql.raw(`interval '1 hour'`)

/** Notes that a webhook came; false where it came before. */
export async function recordHint(
  tx: Tx,
  account: string,
  { id, type }: { readonly id: string; readonly type: string | null },
): Promise<boolean> {
  await tx.execute(sql`delete from landfall.hint where received_at < now() - ${KEPT}`)
  const { rowCount } = await tx.execute(sql`
    insert into landfall.hint (account, id, type) values (${account}, ${id}, ${type?.slice(0, 200) ?? null})
    on conflict do nothing`)
  return rowCount === 1
}

/**
 * The migration is to be read soon, unless what it is said to have become is known already. Null where there is no such
 * migration.
 */
export async function noteHinted(
  tx: Tx,
  account: string,
  { migrationId, status }: { readonly migrationId: string; readonly status: string | null },
): Promise<'noted' | 'known' | null> {
  const { rows } = await tx.execute<{ news: boolean }>(sql`
    update landfall.migration set
      hinted_at = case when status is not distinct from ${status} then hinted_at
        -- One that waits for its first reading keeps its place.
        when last_get_at >= hinted_at then now() else coalesce(hinted_at, now()) end
    where account = ${account} and migration_id = ${migrationId} and vanished_at is null
    returning status is distinct from ${status} as news`)
  const [row] = rows
  if (row === undefined) return null
  return row.news ? 'noted' : 'known'
}

/** Share of the budget that readings may cost which a hint asked for in vain. */
const VAIN_SHARE = 0.1

/** Readings that may be made for hints at once; those that show a change are given back. */
const most = ({ requestsPerSecond }: Rate) => Math.max(2, requestsPerSecond)

const creditNow = (rate: Rate) => sql`least(${most(rate)}::float8, hint_credit
  + greatest(0, extract(epoch from clock_timestamp() - hint_credit_at)::float8) * ${rate.requestsPerSecond * VAIN_SHARE}::float8)`

const repeat = (seconds: number) => sql`hinted_at + make_interval(secs => ${seconds})`

/** When a hint's next reading is due, by how late after the hint the migration was last read; no counter is needed. */
const HINT_DUE = sql`case when last_get_at is null or last_get_at < hinted_at then hinted_at ${sql.join(
  HINT_REPEATS_S.map((seconds) => sql`when last_get_at < ${repeat(seconds)} then ${repeat(seconds)}`),
  sql` `,
)} end`

/** Claims what hints are about, as far as hints have been worth it. */
export async function claimHinted(tx: Tx, account: string, rate: Rate, limit: number): Promise<PollClaim[]> {
  if (limit <= 0) return []
  const { rows } = await tx.execute<{ key: string; claim: number }>(sql`
    with credit as (
      select floor(${creditNow(rate)})::int as whole from landfall.budget where account = ${account}),
    hinted as materialized (
      select id from landfall.migration
      where account = ${account} and hinted_at is not null and vanished_at is null and ${isFree('lease_until')}
        and ${HINT_DUE} <= now() and (failures + misses = 0 or next_poll_at <= now())
      order by hinted_at limit (select least(${limit}, greatest(0, whole)) from credit)
      for no key update skip locked)
    update landfall.migration m set claim = m.claim + 1, lease_until = ${inSeconds(HANDOVER_S)},
      by_hint = true
    from hinted where m.id = hinted.id returning m.id as key, m.claim`)
  if (rows.length > 0) await spendCredit(tx, account, rate, rows.length)
  return rows
}

/** One reading in vain is paid for; false where there is no credit for it. */
export async function payForHint(tx: Tx, account: string, rate: Rate): Promise<boolean> {
  const { rows } = await tx.execute<{ enough: boolean }>(
    sql`select ${creditNow(rate)} >= 1 as enough from landfall.budget where account = ${account}`,
  )
  if (rows[0]?.enough !== true) return false
  await spendCredit(tx, account, rate, 1)
  return true
}

async function spendCredit(tx: Tx, account: string, rate: Rate, count: number): Promise<void> {
  await tx.execute(sql`
    update landfall.budget set hint_credit = ${creditNow(rate)} - ${count}, hint_credit_at = clock_timestamp()
    where account = ${account}`)
}

/** A hint was right: its readings cost nothing of what hints may cost. */
export async function giveBackCredit(tx: Pick<Db, 'execute'>, account: string, count: number): Promise<void> {
  await tx.execute(
    sql`update landfall.budget set hint_credit = hint_credit + ${count}::float8 where account = ${account}`,
  )
}

import { type SQL, sql } from 'drizzle-orm'

import type { Phase } from '../../domain/phase.ts'
import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'
import type { MigrationRow } from './migrations.ts'
import { allOf, among, isOne, type Page, pageOf, startsWith } from './page.ts'

/** All that is given must fit. */
export interface MigrationFilter {
  readonly accounts?: readonly string[] | undefined
  readonly statuses?: readonly string[] | undefined
  readonly phases?: readonly Phase[] | undefined
  readonly company?: string | undefined
  /** How the migration's or the company's id begins. */
  readonly prefix?: string | undefined
  /** Only those that have not ended, and are still there. */
  readonly live?: boolean | undefined
  readonly overdue?: boolean | undefined
  /** Included. Where the provider does not say when a migration was created, its first sight counts. */
  readonly createdAfter?: Date | undefined
  /** Not included. */
  readonly createdBefore?: Date | undefined
}

export const MIGRATION_SORTS = ['status_since', 'created_at', 'first_seen_at'] as const

export interface MigrationOrder {
  readonly by: (typeof MIGRATION_SORTS)[number]
  readonly newestFirst: boolean
}

/** A row's place in an order. Rows may come and go around it. */
export interface MigrationPlace {
  readonly at: string
  readonly account: string
  readonly migration_id: string
}

export interface MigrationsAsked {
  readonly order: MigrationOrder
  readonly limit: number
  readonly after?: MigrationPlace | undefined
}

const KEYS = {
  status_since: sql`m.status_since`,
  created_at: sql`coalesce(m.created_at, m.first_seen_at)`,
  first_seen_at: sql`m.first_seen_at`,
}

export async function listMigrations(
  db: Pick<Db, 'execute'>,
  filter: MigrationFilter,
  { order, limit, after }: MigrationsAsked,
): Promise<Page<MigrationRow, MigrationPlace>> {
  const key = KEYS[order.by]
  const beyond = order.newestFirst ? sql`<` : sql`>`
  const from = order.newestFirst ? sql`<=` : sql`>=`
  // The first condition is where the index is entered; the second holds among rows of the same moment.
  const behind =
    after &&
    sql`${key} ${from} ${after.at}::timestamptz
      and (${key}, m.account, m.migration_id) ${beyond} (${after.at}::timestamptz, ${after.account}, ${after.migration_id})`
  const direction = order.newestFirst ? sql`desc` : sql`asc`
  const sorted = sql`order by at ${direction}, account ${direction}, migration_id ${direction}`
  const most = limit + 1
  // The first rows of each account, or of each phase of it, stand together in an index.
  const found = await rowsOf<MigrationRow>(
    db,
    sql`select v.* from (
      select first.* from (${standingsOf(filter)}) as standing cross join lateral (
        select m.account, m.migration_id, ${key} as at from landfall.migration m
        where ${isOne(sql`m.account`, sql`standing.account`)} and ${allOf([...conditionsOf(filter), behind])}
        order by m.account ${direction}, ${key} ${direction}, m.migration_id ${direction} limit ${most}) as first
      ${sorted} limit ${most}) as page
    join reporting.migrations v using (account, migration_id)
    order by page.at ${direction}, page.account ${direction}, page.migration_id ${direction}`,
  )
  return pageOf(found, limit, (row) => placeOf(row, order))
}

function placeOf({ account, migration_id, ...row }: MigrationRow, { by }: MigrationOrder): MigrationPlace {
  return { at: row[by] ?? row.first_seen_at, account, migration_id }
}

const isAboutPhases = ({ phases, statuses, live, overdue }: MigrationFilter) =>
  phases !== undefined || statuses !== undefined || live === true || overdue === true

/** The accounts, or the accounts and phases, in which anything that fits can stand. */
function standingsOf(filter: MigrationFilter): SQL {
  const { accounts, phases, statuses } = filter
  if (!isAboutPhases(filter)) {
    return sql`select name as account from landfall.account where ${allOf([accounts && sql`name = ${among(accounts)}`])}`
  }
  const conditions = [
    accounts && sql`account = ${among(accounts)}`,
    phases && sql`phase = ${among(phases)}`,
    statuses && sql`status = ${among(statuses)}`,
    isOpen(filter) ? sql`not is_terminal` : undefined,
  ]
  return sql`select distinct account, phase from reporting.status_counts where ${allOf(conditions)}`
}

/** Only what has not ended can be late. */
const isOpen = ({ live, overdue }: MigrationFilter) => live === true || overdue === true

function conditionsOf(filter: MigrationFilter): (SQL | undefined)[] {
  const { statuses, company, prefix, live, overdue, createdAfter, createdBefore } = filter
  const created = KEYS.created_at
  return [
    isAboutPhases(filter) ? sql`m.phase = standing.phase` : undefined,
    statuses && sql`m.status = ${among(statuses)}`,
    company === undefined ? undefined : sql`m.company_id = ${company}`,
    prefix === undefined
      ? undefined
      : sql`(m.migration_id ${startsWith(prefix)} or m.company_id ${startsWith(prefix)})`,
    live === true ? sql`m.vanished_at is null` : undefined,
    overdue === true ? sql`m.overdue` : undefined,
    createdAfter && sql`${created} >= ${createdAfter.toISOString()}::timestamptz`,
    createdBefore && sql`${created} < ${createdBefore.toISOString()}::timestamptz`,
  ]
}

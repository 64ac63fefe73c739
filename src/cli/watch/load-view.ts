import type { Phase } from '../../domain/phase.ts'
import { loadNow } from '../../store/clock.ts'
import type { Db } from '../../store/db.ts'
import { loadTickAges } from '../../store/health.ts'
import { type HookRow, listHooks } from '../../store/hooks.ts'
import { type AccountRow, listAccounts } from '../../store/views/accounts.ts'
import { listTransitions, type TransitionRow } from '../../store/views/history.ts'
import { listMigrations } from '../../store/views/migration-list.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { countByPhase, type LagRow, listNewestLag, listNewestTransitions } from '../../store/watch.ts'
import { findEvery } from '../find-migration.ts'
import type { WatchFilter } from './filter.ts'

/** How the work goes, whatever is being watched. */
export interface Health {
  readonly accounts: readonly (AccountRow & { readonly tickAgeMs: number | null })[]
  readonly lag: readonly LagRow[]
  readonly hooks: readonly HookRow[]
}

/** What is being watched, as it stands. */
export interface Standing {
  readonly now: Date
  readonly counts: ReadonlyMap<Phase, number>
  /** The newest first. */
  readonly changes: readonly TransitionRow[]
  /** Those that live, the longest without a change first; where ids were given, all of these. */
  readonly migrations: readonly MigrationRow[]
  /** Ids that no migration has yet. */
  readonly unknown: readonly string[]
}

export async function loadHealth(db: Db, { account }: WatchFilter): Promise<Health> {
  const accounts = (await listAccounts(db)).filter((row) => account === null || row.account === account)
  const names = accounts.map((row) => row.account)
  const ages = await loadTickAges(db, names)
  return {
    accounts: accounts.map((row) => ({ ...row, tickAgeMs: ages.get(row.account) ?? null })),
    lag: await listNewestLag(db),
    hooks: await listHooks(db),
  }
}

export async function loadStanding(db: Db, filter: WatchFilter, rows: number): Promise<Standing> {
  if (filter.ids.length > 0) return loadNamed(db, filter, rows)
  return {
    now: await loadNow(db),
    counts: await countByPhase(db, filter.account),
    changes: await listNewestTransitions(db, filter.account, rows),
    migrations: await listLive(db, filter, rows),
    unknown: [],
  }
}

/** The longest without a change first. */
async function listLive(db: Db, { account }: WatchFilter, limit: number): Promise<readonly MigrationRow[]> {
  const order = { by: 'status_since', newestFirst: false } as const
  const filter = { live: true, ...(account !== null && { accounts: [account] }) }
  return (await listMigrations(db, filter, { order, limit })).rows
}

async function loadNamed(db: Db, { account, ids }: WatchFilter, rows: number): Promise<Standing> {
  const found = await Promise.all(
    ids.map(async (id) =>
      (await findEvery(db, id)).filter((row) => account === null || row.account === account),
    ),
  )
  const migrations = found.flat()
  const changes = await Promise.all(migrations.map((row) => listTransitions(db, row)))
  const newest = changes.flat().sort((a, b) => (a.recorded_at < b.recorded_at ? 1 : -1))
  const counts = new Map<Phase, number>()
  for (const { phase } of migrations) counts.set(phase, (counts.get(phase) ?? 0) + 1)
  return {
    now: await loadNow(db),
    counts,
    changes: newest.slice(0, rows),
    migrations,
    unknown: ids.filter((_, index) => found[index]?.length === 0),
  }
}

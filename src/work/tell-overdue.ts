import { type OverdueAfter, overdueLimits } from '../domain/overdue.ts'
import { inTransaction } from '../store/db.ts'
import { type EventRow, insertEvents } from '../store/events.ts'
import { markOverdue, type OverdueRow } from '../store/overdue.ts'
import { loadUsualStays } from '../store/usual-stays.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'

/** Tells once of each migration that has stayed in its phase for too long. Returns how many those were. */
export async function tellOverdue(
  deps: Pick<Deps, 'db' | 'log' | 'newEventId'>,
  account: Account,
  configured: OverdueAfter,
): Promise<number> {
  const limits = overdueLimits(configured, await loadUsualStays(deps.db, account.name))
  if (limits.length === 0) return 0
  const late = await inTransaction(deps.db, async (tx) => {
    const rows = await markOverdue(tx, account.name, limits)
    await insertEvents(
      tx,
      rows.map((row) => overdueEvent(deps, account, row)),
    )
    return rows
  })
  for (const { migration_id, phase } of late) {
    deps.log.warn({ account: account.name, migration: migration_id, phase }, 'migration.overdue')
  }
  return late.length
}

function overdueEvent(deps: Pick<Deps, 'newEventId'>, account: Account, row: OverdueRow): EventRow {
  const { key, sequence, seconds, ...told } = row
  return {
    id: deps.newEventId(),
    type: 'migration.overdue',
    account: account.name,
    migration: BigInt(key),
    migrationId: row.migration_id,
    sequence,
    payload: {
      account: account.name,
      provider: account.provider.kind,
      ...told,
      overdue_after_seconds: seconds,
    },
  }
}

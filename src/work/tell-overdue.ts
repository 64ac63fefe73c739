import { PHASES, type Phase } from '../domain/phase.ts'
import { inTransaction } from '../store/db.ts'
import { type EventRow, insertEvents } from '../store/events.ts'
import { markOverdue, type OverdueLimit, type OverdueRow } from '../store/overdue.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'

/** How long a migration may stay in a phase; a phase that is absent has no limit. */
type OverdueAfterMs = Readonly<Partial<Record<Phase, number>>>

/** Tells once of each migration that has stayed in its phase for too long. Returns how many those were. */
export async function tellOverdue(
  deps: Pick<Deps, 'db' | 'log' | 'newEventId'>,
  account: Account,
  afterMs: OverdueAfterMs,
): Promise<number> {
  const limits = limitsFrom(afterMs)
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

function limitsFrom(afterMs: OverdueAfterMs): OverdueLimit[] {
  return PHASES.flatMap((phase) => {
    const limitMs = afterMs[phase]
    return limitMs === undefined ? [] : [{ phase, seconds: limitMs / 1000 }]
  })
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

import { requestPoll } from '../../store/request-poll.ts'
import { isReadSince } from '../../store/runs.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { findMigration } from '../find-migration.ts'
import { persistently, rings } from '../follow.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import type { AtMigration } from './with-vern.ts'

/** Somebody waits: a reading this old is asked for again, whatever was planned. A fifth of Vern's default budget. */
const PATIENCE_MS = 10_000

type Followed = Pick<AtMigration, 'db' | 'databaseUrl' | 'log' | 'signal' | 'migration' | 'name'>

/**
 * Tells each status that the daemon reads after the run began, until somebody has to act or nothing more comes. What was
 * under way at that moment says nothing of the run.
 */
export async function followPhase(
  shell: Pick<Shell, 'note'>,
  { db, databaseUrl, log, signal, migration, name }: Followed,
  startedAt: string,
  patienceMs = PATIENCE_MS,
): Promise<MigrationRow | null> {
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  const isOld = watchAge(patienceMs)
  let told: string | null = null
  for await (const _ of rings({ databaseUrl, log, signal })) {
    const row = await persistently({ signal, onOutage }, async () => {
      // Asked first: the row that is loaded after it is no older.
      const isOfRun = await isReadSince(db, migration, startedAt)
      const found = await findMigration(db, `${migration.account}/${migration.migration_id}`)
      if (found !== null && isOld(found.last_observed_at)) await requestPoll(db, migration)
      return isOfRun ? found : null
    })
    if (row === null || row === undefined) continue
    if (row.status !== told) shell.note(`${name} is ${clean(row.status)}.`)
    told = row.status
    if (row.is_terminal || row.phase === 'needs_input') return row
  }
  return null
}

/** Says once of each reading that it has got old. */
function watchAge(patienceMs: number): (reading: string) => boolean {
  let newest: string | null = null
  let sinceMs = 0
  return (reading) => {
    if (reading !== newest) {
      newest = reading
      sinceMs = performance.now()
    }
    const isOld = performance.now() - sinceMs >= patienceMs
    if (isOld) sinceMs = Infinity
    return isOld
  }
}

import type { MigrationRow } from '../../store/views/migrations.ts'
import { findMigration } from '../find-migration.ts'
import { persistently, rings } from '../follow.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import type { AtMigration } from './with-vern.ts'

/** Tells each status as the daemon reads it, until somebody has to act or nothing more comes. */
export async function followPhase(
  shell: Shell,
  { db, databaseUrl, log, signal, migration, name }: AtMigration,
): Promise<MigrationRow | null> {
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  const before = migration.last_observed_at
  let told: string | null = null
  for await (const _ of rings({ databaseUrl, log, signal })) {
    const row = await persistently({ signal, onOutage }, () =>
      findMigration(db, `${migration.account}/${migration.migration_id}`),
    )
    if (row === null || row === undefined || row.last_observed_at === before) continue
    if (row.status !== told) shell.note(`${name} is ${clean(row.status)}.`)
    told = row.status
    if (row.is_terminal || row.phase === 'needs_input') return row
  }
  return null
}

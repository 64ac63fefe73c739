import type { Db } from '../store/db.ts'
import { findByEnds, findMigrations, type MigrationRow } from '../store/views/migrations.ts'
import { EXIT, Failure } from './exit.ts'
import { clean } from './text.ts'

/** The migration that `[ACCOUNT/]ID` means; null where there is none. Several end the command. */
export async function findMigration(db: Db, text: string): Promise<MigrationRow | null> {
  const rows = await findEvery(db, text)
  if (rows.length <= 1) return rows[0] ?? null
  const names = rows.map((row) => `  ${nameOf(row)}`).join('\n')
  throw new Failure(
    EXIT.usage,
    `Several migrations fit ${clean(text)}. Say which one with its account:\n${names}`,
  )
}

export async function requireMigration(db: Db, text: string): Promise<MigrationRow> {
  const row = await findMigration(db, text)
  if (row !== null) return row
  const hint = 'landfall list shows those that are; a new one is found within a minute or so of its creation.'
  throw new Failure(EXIT.failure, `No migration ${clean(text)} is known. ${hint}`)
}

/** `acme/9f5b…`, as commands take it. */
export function nameOf(row: { readonly account: string; readonly migration_id: string }): string {
  return `${row.account}/${clean(row.migration_id)}`
}

/** Every migration that `[ACCOUNT/]ID` can mean. */
export async function findEvery(db: Db, text: string): Promise<MigrationRow[]> {
  const [, account, rest] = /^([a-z0-9][a-z0-9_-]*)\/(.+)$/s.exec(text) ?? []
  // A slash may belong to the id.
  const whole = await findMigrations(db, text, null)
  const qualified = account === undefined || rest === undefined ? [] : await findMigrations(db, rest, account)
  if (whole.length + qualified.length > 0) return [...qualified, ...whole]

  // As tables shorten it: 9f5b…c1d2
  const [start, end, ...more] = (rest ?? text).split('…')
  if (start === undefined || end === undefined || more.length > 0) return []
  return findByEnds(db, start, end, account ?? null)
}

import type { Identity } from '../../store/views/migrations.ts'

/** What somebody watches: everything, one account, or these migrations. */
export interface WatchFilter {
  readonly account: string | null
  /** As `findMigration` takes them. */
  readonly ids: readonly string[]
}

export function concerns({ account, ids }: WatchFilter, row: Identity): boolean {
  if (account !== null && row.account !== account) return false
  return ids.length === 0 || ids.some((id) => isNamed(id, row))
}

/** Whether `[ACCOUNT/]ID`, also as tables shorten it, means this migration. */
export function isNamed(text: string, { account, migration_id: id }: Identity): boolean {
  const names = [id, `${account}/${id}`]
  if (names.includes(text)) return true
  const [start, end, ...more] = text.split('…')
  if (start === undefined || end === undefined || more.length > 0) return false
  return names.some(
    (name) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end),
  )
}

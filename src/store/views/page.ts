import { type SQL, sql } from 'drizzle-orm'

/** Some rows of a list, and the place behind the last of them; null where the list ends there. */
export interface Page<Row, Place> {
  readonly rows: readonly Row[]
  readonly next: Place | null
}

/** From one row more than the page is to hold. */
export function pageOf<Row, Place>(
  found: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): Page<Row, Place> {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: last === undefined || found.length <= limit ? null : placeOf(last) }
}

/** All that is given; a condition that is not asked for is undefined. */
export function allOf(conditions: readonly (SQL | undefined)[]): SQL {
  const given = conditions.filter((condition) => condition !== undefined)
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `)
}

/**
 * Equal, said so that Postgres goes on sorting by the column too: then it can only follow an index that begins with it.
 * Told plainly, it may look for rows of one account among those of all in some order that it has, which takes long where
 * they are rare there.
 */
export const isOne = (column: SQL, value: SQL) => sql`${column} = any(array[${value}])`

export const among = (values: readonly string[]) => sql`any(${sql.param(values)}::text[])`

export function startsWith(prefix: string): SQL {
  return sql`like ${`${escapeLike(prefix)}%`}`
}

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

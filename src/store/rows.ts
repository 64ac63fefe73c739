import type { SQL } from 'drizzle-orm'

import type { Db } from './db.ts'

/** A query's rows, with moments as RFC 3339 in UTC, as precise as Postgres has them. */
export async function rowsOf<T extends Record<string, unknown>>(
  db: Pick<Db, 'execute'>,
  query: SQL,
): Promise<T[]> {
  const { rows } = await db.execute<T>(query)
  return rows.map((row) => {
    const entries = Object.entries(row).map(([name, value]) => [
      name,
      isMoment(name) ? toRfc3339(value) : value,
    ])
    return Object.fromEntries(entries) as T
  })
}

function isMoment(column: string): boolean {
  return /(^|_)at$|^(not_before|not_after|status_since|failing_since|paused_until|blocked_until|hour)$/.test(
    column,
  )
}

/** Drizzle leaves moments as Postgres writes them: `2026-03-04 10:22:41.004+01`, in the session's zone. */
function toRfc3339(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const [, day, time, fraction = '', hours, minutes = '00'] =
    /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-]\d\d):?(\d\d)?)$/.exec(value) ?? []
  if (day === undefined) return value
  const whole = new Date(`${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`)
  // Postgres leaves out zeros at the end.
  const digits = fraction.slice(1).padEnd(fraction.length > 4 ? 6 : 3, '0')
  return `${whole.toISOString().slice(0, -5)}.${digits}Z`
}

import type { PageSeen } from '../walk.ts'
import type { Answer } from './types.ts'

/** A page as walks want to know it. */
export function seenOf(answer: Extract<Answer, { kind: 'list' }>, mostlyNew: boolean): PageSeen {
  const { page, rows, hasMore } = answer
  const times = rows.flatMap((row) => (row.createdAtMs === null ? [] : [row.createdAtMs]))
  const text = (ms: number) => new Date(ms).toISOString()
  const created = times.length === 0 ? null : { min: text(Math.min(...times)), max: text(Math.max(...times)) }
  return { page, size: rows.length, ids: rows.map((row) => row.id), created, hasMore, mostlyNew }
}

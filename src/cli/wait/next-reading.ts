import type { Db } from '../../store/db.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { explainReading } from '../../work/explain-reading.ts'

/** To reckon it means to read all that lives in the account. */
const RECKON_EVERY_MS = 5_000

/** Foretells readings, and remembers for a while what it reckoned. */
export function createForesight(db: Db) {
  let reckoned: { readonly of: string; readonly atMs: number; readonly at: Date | null } | null = null

  async function nextReading(row: MigrationRow): Promise<Date | null> {
    const of = `${row.account}/${row.migration_id} ${row.last_observed_at}`
    const isFresh = reckoned !== null && performance.now() - reckoned.atMs < RECKON_EVERY_MS
    // What was foretold before the last reading is over.
    if (isFresh) return reckoned?.of === of ? reckoned.at : null
    const { next } = await explainReading(db, row)
    const at =
      next.kind === 'due' ? next.at : next.kind === 'worth' ? new Date(next.explanation.expectedAtMs) : null
    reckoned = { of, atMs: performance.now(), at }
    return at
  }

  return { nextReading }
}

import type { OutcomeRow, Outcomes } from '../../store/report.ts'

const NONE: Outcomes = { discovered: 0, succeeded: 0, partial: 0, failed: 0, abandoned: 0 }

export function sumOutcomes(rows: readonly Outcomes[]): Outcomes {
  return rows.reduce(
    (sum, row) => ({
      discovered: sum.discovered + row.discovered,
      succeeded: sum.succeeded + row.succeeded,
      partial: sum.partial + row.partial,
      failed: sum.failed + row.failed,
      abandoned: sum.abandoned + row.abandoned,
    }),
    NONE,
  )
}

/** How many ended, and which share of them in phase `failed`; null where none did. */
export function rateOf({ succeeded, partial, failed, abandoned }: Outcomes) {
  const landed = succeeded + partial + failed + abandoned
  return { landed, failureRate: landed === 0 ? null : failed / landed }
}

/** Days as they came; of companies those with the most ends first. */
export function sortRows(rows: readonly OutcomeRow[], by: 'day' | 'company'): OutcomeRow[] {
  return by === 'day' ? [...rows] : rows.toSorted((a, b) => rateOf(b).landed - rateOf(a).landed)
}

/** As RFC 4180 has it. */
export function toCsv(by: 'day' | 'company', rows: readonly OutcomeRow[]): string[] {
  const head = [by === 'day' ? 'day' : 'company_id', 'discovered', 'landed', 'succeeded', 'partial', 'failed']
  const lines = rows.map((row) => {
    const { landed, failureRate } = rateOf(row)
    const { key, discovered, succeeded, partial, failed, abandoned } = row
    return [
      key ?? '',
      discovered,
      landed,
      succeeded,
      partial,
      failed,
      abandoned,
      failureRate?.toFixed(4) ?? '',
    ]
  })
  return [[...head, 'abandoned', 'failure_rate'], ...lines].map((line) => line.map(toField).join(','))
}

function toField(value: string | number): string {
  const text = String(value)
  // A spreadsheet takes what begins so for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

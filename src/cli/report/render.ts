import { formatDuration } from '../../domain/duration.ts'
import type { OutcomeRow, Period, PeriodLag, SlowRow } from '../../store/report.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { count } from '../text.ts'
import { formatMoment } from '../times.ts'
import { rateOf, sumOutcomes } from './summary.ts'

export interface Report {
  readonly period: Period
  readonly by: 'day' | 'company'
  readonly rows: readonly OutcomeRow[]
  readonly lag: PeriodLag
  readonly slowest: readonly SlowRow[]
}

export function renderReport(shell: Shell, report: Report): string[] {
  const { by, rows, slowest } = report
  const title = (text: string) => shell.paint('bold', text)
  const table = (columns: readonly Column[], cells: readonly Cell[][]) =>
    renderTable(columns, cells, { width: shell.width(), paint: shell.paint })
  const outcomes = table(
    [{ title: by === 'day' ? 'DAY' : 'COMPANY', cut: 'middle' }, ...OUTCOMES],
    rows.map(outcomeCells),
  )
  const slow = ['', title('The slowest of them'), ...table(SLOWEST, slowest.map(slowCells))]
  return [
    title(describePeriod(report.period)),
    ...renderTotals(shell, report).map(([name, text]) => `  ${name.padEnd(14)} ${text}`),
    ...(rows.length === 0 ? [] : ['', ...outcomes]),
    ...(slowest.length === 0 ? [] : slow),
  ]
}

function describePeriod({ since, until, account }: Period): string {
  const of = account === null ? '' : `Account ${account}, `
  return `${of}${formatMoment(since.toISOString())} to ${formatMoment(until.toISOString())}`
}

function renderTotals(shell: Shell, { rows, lag }: Report): [string, string][] {
  const totals = sumOutcomes(rows)
  const { landed, failureRate } = rateOf(totals)
  const phases = (['succeeded', 'partial', 'failed', 'abandoned'] as const).map((phase) =>
    shell.paint(totals[phase] === 0 ? 'dim' : PHASE_STYLE[phase], `${totals[phase]} ${phase}`),
  )
  const { transitions, p50_seconds: p50, p99_seconds: p99 } = lag
  const bounds =
    p50 === null || p99 === null
      ? 'no change was seen'
      : `${seconds(p50)} at the median, ${seconds(p99)} at the 99th percentile (bounds of ${count(transitions, 'change')})`
  return [
    ['found', String(totals.discovered)],
    ['landed', `${landed}: ${phases.join(', ')}`],
    ['failure rate', percent(failureRate)],
    ['noticed within', bounds],
  ]
}

const OUTCOMES: readonly Column[] = [
  { title: 'FOUND', alignRight: true, optional: true },
  { title: 'LANDED', alignRight: true },
  { title: 'SUCCEEDED', alignRight: true },
  { title: 'PARTIAL', alignRight: true },
  { title: 'FAILED', alignRight: true },
  { title: 'ABANDONED', alignRight: true },
  { title: 'FAILURE RATE', alignRight: true, optional: true },
]

function outcomeCells(row: OutcomeRow): Cell[] {
  const { landed, failureRate } = rateOf(row)
  const { discovered, succeeded, partial, failed, abandoned } = row
  const numbers = [discovered, landed, succeeded, partial, failed, abandoned]
  return [
    { text: row.key ?? '-' },
    ...numbers.map((n) => ({ text: String(n) })),
    { text: percent(failureRate) },
  ]
}

const SLOWEST: readonly Column[] = [
  { title: 'MIGRATION', cut: 'middle' },
  { title: 'STATUS' },
  { title: 'TOOK', alignRight: true },
  { title: 'LANDED AT', optional: true },
  { title: 'COMPANY', cut: 'middle', optional: true },
]

const slowCells = (row: SlowRow): Cell[] => [
  { text: `${row.account}/${row.migration_id}` },
  { text: row.status, style: PHASE_STYLE[row.phase] },
  { text: seconds(row.seconds) },
  { text: formatMoment(row.finished_at) },
  { text: row.company_id ?? '-' },
]

const seconds = (n: number) => formatDuration(1000 * n)
const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)

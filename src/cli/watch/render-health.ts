import { formatDuration } from '../../domain/duration.ts'
import { TICK_AGE_LIMIT_MS } from '../daemon-at-work.ts'
import { type Cell, type Column, renderTable, type TableOptions } from '../table.ts'
import type { Health } from './load-view.ts'

/** More of them would leave no room for what happens. */
const ROWS = 4

const ACCOUNTS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'STATE' },
  { title: 'LIVE', alignRight: true },
  { title: 'TRACKED', alignRight: true },
  { title: 'TICK', alignRight: true },
  { title: 'BOUND P50', alignRight: true, optional: true },
  { title: 'P99', alignRight: true, optional: true },
  { title: 'WHY', cut: 'end', optional: true },
]
const HOOKS: readonly Column[] = [
  { title: 'HOOK' },
  { title: 'STATE' },
  { title: 'PENDING', alignRight: true },
  { title: 'HELD', alignRight: true },
  { title: 'DEAD', alignRight: true },
  { title: 'WHY', cut: 'end', optional: true },
]

/** A table of accounts and one of hooks, those in trouble first. */
export function renderHealth(health: Health, options: TableOptions): string[][] {
  const accounts = troubleFirst(health.accounts, isAccountWell)
  const hooks = troubleFirst(health.hooks, isHookWell)
  return [
    table(
      ACCOUNTS,
      accounts.map((row) => accountCells(row, health)),
      options,
    ),
    table(HOOKS, hooks.map(hookCells), options),
  ].filter((lines) => lines.length > 0)
}

function table(columns: readonly Column[], rows: readonly Cell[][], options: TableOptions): string[] {
  if (rows.length === 0) return []
  const lines = renderTable(columns, rows.slice(0, ROWS), options)
  return rows.length > ROWS ? [...lines, options.paint('dim', `and ${rows.length - ROWS} more`)] : lines
}

const troubleFirst = <T>(rows: readonly T[], isWell: (row: T) => boolean) => [
  ...rows.filter((row) => !isWell(row)),
  ...rows.filter(isWell),
]

type Account = Health['accounts'][number]
type Hook = Health['hooks'][number]

const isTicking = ({ tickAgeMs }: Account) => tickAgeMs !== null && tickAgeMs <= TICK_AGE_LIMIT_MS
const isAccountWell = (row: Account) => row.state === 'active' && isTicking(row)
const isHookWell = (row: Hook) => row.state === 'active' && row.failures === 0 && row.dead === 0

function accountCells(row: Account, { lag }: Health): Cell[] {
  const bounds = lag.find((one) => one.account === row.account)
  return [
    { text: row.account },
    { text: row.state, style: row.state === 'active' ? 'green' : 'red' },
    { text: String(row.live) },
    { text: String(row.tracked) },
    {
      text: row.tickAgeMs === null ? 'never' : `${formatDuration(Math.max(0, row.tickAgeMs))} ago`,
      ...(!isTicking(row) && { style: 'red' as const }),
    },
    { text: bounds === undefined ? '-' : seconds(bounds.p50_seconds) },
    { text: bounds === undefined ? '-' : seconds(bounds.p99_seconds) },
    { text: row.state_reason ?? '-' },
  ]
}

function hookCells(row: Hook): Cell[] {
  const isFailing = row.state === 'active' && row.failures > 0
  return [
    { text: row.name },
    isFailing
      ? { text: 'failing', style: 'yellow' }
      : { text: row.state, style: row.state === 'active' ? 'green' : 'red' },
    { text: String(row.pending) },
    { text: String(row.held) },
    { text: String(row.dead), ...(row.dead > 0 && { style: 'red' as const }) },
    { text: isFailing ? `failed ${row.failures} times in a row` : (row.state_reason ?? '-') },
  ]
}

const seconds = (text: number) => formatDuration(1000 * text)

import type { Config } from '../../config/config.ts'
import { formatDuration } from '../../domain/duration.ts'
import { loadNow } from '../../store/clock.ts'
import type { Db } from '../../store/db.ts'
import { loadTickAges } from '../../store/health.ts'
import { type AccountRow, type BudgetRow, findBudget, listAccounts } from '../../store/views/accounts.ts'
import { type Foretold, foretellLag, toPlanJson } from '../../work/foretell-lag.ts'
import { TICK_AGE_LIMIT_MS } from '../daemon-at-work.ts'
import { withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { formatDistance } from '../times.ts'

/** An account, and what is known of its budget and its delay. */
interface Told {
  readonly row: AccountRow
  readonly tickAgeMs: number | null
  readonly foretold: Foretold | null
  /** Null where this configuration does not name the account. */
  readonly budget: (BudgetRow & { readonly requests_per_second: number; readonly burst: number }) | null
}

export async function listAll(shell: Shell, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async ({ db, config }) => {
    const told = await gather(db, config)
    if (json) return shell.printJson(told.map(toJson))
    if (told.length === 0)
      return shell.note('No account is known yet: landfall up begins with those configured.')
    const now = await loadNow(db)
    const cells = told.map((one) => cellsOf(one, now))
    for (const line of renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint }))
      shell.print(line)
  })
}

async function gather(db: Db, config: Config): Promise<Told[]> {
  const rows = await listAccounts(db)
  const ages = await loadTickAges(
    db,
    rows.map((row) => row.account),
  )
  const told: Told[] = []
  for (const row of rows) {
    const foretold = row.policy === 'adaptive' ? await foretellLag(db, row.account) : null
    const rate = config.accounts.find((one) => one.name === row.account)
    const found = rate === undefined ? null : await findBudget(db, row.account, rate)
    const budget =
      rate === undefined || found === null
        ? null
        : { requests_per_second: rate.requestsPerSecond, burst: rate.burst, ...found }
    told.push({ row, tickAgeMs: ages.get(row.account) ?? null, foretold, budget })
  }
  return told
}

/** As `GET /api/v1/accounts` has it. */
function toJson({ row, foretold, budget }: Told) {
  return { ...row, plan: foretold && toPlanJson(foretold), budget }
}

const COLUMNS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'PROVIDER', optional: true },
  { title: 'STATE' },
  { title: 'TRACKED', alignRight: true },
  { title: 'LIVE', alignRight: true },
  { title: 'TICK', alignRight: true },
  { title: 'LAST SWEEP', alignRight: true, optional: true },
  { title: 'BUDGET', optional: true },
  { title: 'DELAY', alignRight: true },
  { title: 'WHY', cut: 'end', optional: true },
]

function cellsOf({ row, tickAgeMs, foretold, budget }: Told, now: Date): Cell[] {
  const isTicking = tickAgeMs !== null && tickAgeMs <= TICK_AGE_LIMIT_MS
  return [
    { text: row.account },
    { text: row.provider },
    { text: row.state, style: row.state === 'active' ? 'green' : 'red' },
    { text: String(row.tracked) },
    { text: String(row.live) },
    {
      text: tickAgeMs === null ? 'never' : `${formatDuration(Math.max(0, tickAgeMs))} ago`,
      ...(!isTicking && { style: 'red' as const }),
    },
    { text: formatDistance(row.last_sweep_completed_at, now) },
    { text: budgetText(budget, foretold, now) },
    { text: foretold === null ? '-' : formatDuration(foretold.forecast.meanMs) },
    { text: row.state_reason ?? (row.baseline_at === null ? 'its first sweep is under way' : '-') },
  ]
}

/** `4/s`, `0.5/s of 4` while it is slowed down, `waits 20 s`. */
function budgetText(budget: Told['budget'], foretold: Foretold | null, now: Date): string {
  if (budget === null) return foretold === null ? '-' : `${foretold.config.requestsPerSecond}/s`
  const { requests_per_second: configured, effective_requests_per_second: effective, blocked_until } = budget
  if (blocked_until !== null) {
    return `waits ${formatDuration(Math.max(0, Date.parse(blocked_until) - now.getTime()))}`
  }
  const isSlowed = effective < 0.995 * configured
  return isSlowed ? `${Number(effective.toPrecision(2))}/s of ${configured}` : `${configured}/s`
}

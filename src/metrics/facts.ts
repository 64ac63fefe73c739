import { Counter, Gauge, type Registry } from 'prom-client'

import { PHASES } from '../domain/phase.ts'
import { sweepProgress } from '../domain/sweep-progress.ts'
import type { AccountFacts, BudgetFacts, Facts, HookFacts, PhaseFacts } from '../store/facts.ts'

/** An account's settings, which others are measured by. */
export interface MeteredAccount {
  readonly name: string
  readonly rate: { readonly requestsPerSecond: number; readonly burst: number }
  readonly sweepEveryMs: number
  readonly lagGoalMs: number
}

/** What an account's planner expects, where this process has it. */
export interface ExpectedLag {
  readonly account: string
  readonly meanMs: number
  readonly p99Ms: number
}

export interface WaitingJobs {
  readonly queue: string
  readonly jobs: number
}

/** One gauge: its name after `landfall_`, its meaning, its value for a row; null where the row has none. */
type Column<T> = readonly [name: string, help: string, value: (row: T) => number | boolean | null]

const OF_ACCOUNT: readonly Column<AccountFacts>[] = [
  ['account_suspended', 'Whether the provider refuses the key.', (row) => row.suspended],
  ['baseline_complete', 'Whether every page was read at least once.', (row) => row.baselineComplete],
  ['tick_age_seconds', 'Time since requests were last chosen.', (row) => row.tickAgeS],
  ['sweep_age_seconds', 'Time since a sweep over all pages was last complete.', (row) => row.sweepAgeS],
  ['sweep_progress_ratio', 'Share of its pages that the sweep has read; 1 between two.', progressOf],
  ['poll_overdue_seconds', 'How long the poll that waits longest has been due.', (row) => row.overdueS],
]

const OF_BUDGET: readonly Column<BudgetFacts>[] = [
  ['budget_remaining_requests', 'Requests that may be made at once now.', (row) => row.tokens],
  ['budget_effective_requests_per_second', 'Rate that is kept to at present.', (row) => row.speed],
  ['budget_blocked', 'Whether no request may be made for a while.', (row) => row.blocked],
]

const OF_SETTINGS: readonly Column<MeteredAccount>[] = [
  ['budget_burst_requests', 'Configured burst.', ({ rate }) => rate.burst],
  ['budget_requests_per_second', 'Configured rate.', ({ rate }) => rate.requestsPerSecond],
  ['sweep_interval_seconds', 'Configured time between sweeps.', (row) => row.sweepEveryMs / 1000],
  ['lag_goal_seconds', 'Configured goal of the mean detection lag.', (row) => row.lagGoalMs / 1000],
]

const OF_EXPECTED: readonly Column<ExpectedLag>[] = [
  ['expected_lag_seconds', 'Mean detection lag that the planner expects.', (row) => row.meanMs / 1000],
  ['expected_lag_p99_seconds', '99th percentile of the lag it expects.', (row) => row.p99Ms / 1000],
]

const OF_HOOK: readonly Column<HookFacts>[] = [
  ['hook_disabled', 'Whether nothing is sent to the hook any more.', (row) => row.disabled],
  ['hook_failures', 'Attempts that failed since the last accepted one.', (row) => row.failures],
  ['hook_failing_seconds', 'How long the run of failures has lasted.', (row) => row.failingS],
  ['hook_warnings', 'Warnings told in this run, of three before it is disabled.', (row) => row.warnings],
  ['outbox_age_seconds', 'How long the delivery that waits longest has been due.', (row) => row.outboxAgeS],
]

const OF_PHASE: readonly Column<PhaseFacts>[] = [
  ['migrations', 'Migrations that stand in a phase, without vanished ones.', (row) => row.migrations],
  ['migrations_vanished', 'Migrations that stood in it when they vanished.', (row) => row.vanished],
]
const OF_DELIVERIES: readonly Column<{ n: number }>[] = [
  ['deliveries', 'Deliveries that have not arrived.', ({ n }) => n],
]
const OF_QUEUE: readonly Column<WaitingJobs>[] = [
  ['queue_waiting_jobs', 'Jobs that no worker has taken up yet.', (row) => row.jobs],
]

function progressOf({ sweep, sweepAgeS, lastPage }: AccountFacts): number {
  if (sweep !== null) return sweepProgress(sweep, lastPage)
  return sweepAgeS === null ? 0 : 1
}

/** Gauges that show rows as they were last given: those that are gone are shown no longer. */
function createGauges<T>(registry: Registry, columns: readonly Column<T>[], labelNames: readonly string[]) {
  const gauges = columns.map(([name, help, value]) => {
    const gauge = new Gauge({ name: `landfall_${name}`, help, labelNames, registers: [registry] })
    return { gauge, value }
  })
  return (rows: readonly (readonly [labels: Record<string, string>, row: T])[]): void => {
    for (const { gauge, value } of gauges) {
      gauge.reset()
      for (const [labels, row] of rows) {
        const n = value(row)
        if (n !== null) gauge.set(labels, Number(n))
      }
    }
  }
}

export interface FactGauges {
  /** Null where the database did not tell. */
  readonly showFacts: (facts: Facts | null) => void
  readonly showExpected: (rows: readonly ExpectedLag[]) => void
  readonly showWaiting: (rows: readonly WaitingJobs[]) => void
}

export function createFactGauges(registry: Registry, metered: readonly MeteredAccount[]): FactGauges {
  const ofAccount = createGauges(registry, OF_ACCOUNT, ['account'])
  const ofBudget = createGauges(registry, OF_BUDGET, ['account'])
  const ofPhase = createGauges(registry, OF_PHASE, ['account', 'phase'])
  const ofHook = createGauges(registry, OF_HOOK, ['hook'])
  const ofDeliveries = createGauges(registry, OF_DELIVERIES, ['hook', 'state'])
  const ofExpected = createGauges(registry, OF_EXPECTED, ['account'])
  const ofQueue = createGauges(registry, OF_QUEUE, ['queue'])
  createGauges(registry, OF_SETTINGS, ['account'])(metered.map((row) => [{ account: row.name }, row]))
  const granted = new Counter({
    name: 'landfall_requests_granted_total',
    help: 'Requests let out since the account was added, over all processes.',
    labelNames: ['account'],
    registers: [registry],
  })
  const up = new Gauge({
    name: 'landfall_database_up',
    help: 'Whether the database told what stands in it; else most gauges are absent.',
    registers: [registry],
  })

  function showFacts(facts: Facts | null): void {
    const { accounts, budgets, hooks } = facts ?? { accounts: [], budgets: [], hooks: [] }
    up.set(Number(facts !== null))
    ofAccount(accounts.map((row) => [{ account: row.account }, row]))
    ofBudget(budgets.map((row) => [{ account: row.account }, row]))
    ofPhase(phasesOf(facts).map((row) => [{ account: row.account, phase: row.phase }, row]))
    ofHook(hooks.map((row) => [{ hook: row.hook }, row]))
    ofDeliveries(hooks.flatMap(deliveriesOf))
    granted.reset()
    for (const { account, granted: n } of budgets) granted.inc({ account }, n)
  }

  return {
    showFacts,
    showExpected: (rows) => ofExpected(rows.map((row) => [{ account: row.account }, row])),
    showWaiting: (rows) => ofQueue(rows.map((row) => [{ queue: row.queue }, row])),
  }
}

/** A phase without migrations has a 0 of its own, so that the number of series stays the same. */
function phasesOf(facts: Facts | null): PhaseFacts[] {
  const known = new Map(facts?.phases.map((row) => [`${row.phase} ${row.account}`, row]))
  return (facts?.accounts ?? []).flatMap(({ account }) =>
    PHASES.map((phase) => known.get(`${phase} ${account}`) ?? { account, phase, migrations: 0, vanished: 0 }),
  )
}

const deliveriesOf = ({ hook, pending, held, dead }: HookFacts) =>
  Object.entries({ pending, held, dead }).map(([state, n]) => [{ hook, state }, { n }] as const)

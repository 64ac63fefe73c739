import { expect } from 'vitest'

import type { Simulator } from '../../src/simulator/server.ts'
import type { Db } from '../../src/store/db.ts'
import { query } from './account.ts'

type TrueMigration = ReturnType<Simulator['truth']>[number]

const TERMINAL: Record<string, string> = {
  COMPLETE: 'migration.completed',
  COMPLETED_WITH_FAILURES: 'migration.completed_with_failures',
  FAILED: 'migration.failed',
  LOGIN_ABANDONED: 'migration.abandoned',
}

/** How many migrations Postgres shows otherwise than the provider holds them. */
export async function countDifferences(db: Db, truth: readonly TrueMigration[]): Promise<number> {
  return (await findDifferences(db, truth)).length
}

/** Throws, with the differences, until Postgres shows what the provider holds. */
export async function showsTruth(db: Db, truth: readonly TrueMigration[]): Promise<true> {
  const differences = await findDifferences(db, truth)
  if (differences.length > 0) throw new Error(differences.slice(0, 5).join('; '))
  return true
}

async function findDifferences(db: Db, truth: readonly TrueMigration[]): Promise<string[]> {
  const rows = await query<{ migration_id: string; status: string; next_poll_at: Date | null }>(
    db,
    'select migration_id, status, next_poll_at from reporting.migrations',
  )
  const stored = new Map(rows.map((row) => [row.migration_id, row]))
  const wrong = truth.flatMap(({ id, status }) => {
    const row = stored.get(id)
    if (row?.status === status) return []
    return [
      `${id} is ${status}, not ${row ? `${row.status}, to be read at ${row.next_poll_at?.toISOString()}` : 'known'}`,
    ]
  })
  const real = new Set(truth.map(({ id }) => id))
  return [
    ...wrong,
    ...rows.flatMap((row) => (real.has(row.migration_id) ? [] : [`${row.migration_id} is invented`])),
  ]
}

interface TransitionRow extends Record<string, unknown> {
  migration_id: string
  seq: number
  from_status: string | null
  to_status: string
  not_before: Date | null
  not_after: Date
}

/**
 * What was recorded is a part of what truly happened, in order: no transition is invented, each starts where the one
 * before ended, and the true moment lies within its bounds.
 */
export async function expectTrueTransitions(
  db: Db,
  truth: readonly TrueMigration[],
  /** How old the lists may be that the provider shows; their readings are bounds no sharper than that. */
  listsLagMs = 0,
): Promise<void> {
  const rows = await query<TransitionRow>(
    db,
    'select * from reporting.transitions order by migration_id, seq',
  )
  const byId = Map.groupBy(rows, (row) => row.migration_id)
  for (const one of truth) expectTrueHistory(one, byId.get(one.id) ?? [], listsLagMs)
}

/** The databases' and the simulator's clocks are one machine's, read with whole milliseconds. */
const CLOCK_SLACK_MS = 50

function expectTrueHistory(one: TrueMigration, rows: readonly TransitionRow[], listsLagMs: number): void {
  let place = -1
  for (const [index, row] of rows.entries()) {
    expect(row.seq, one.id).toBe(index + 1)
    expect(row.from_status, one.id).toBe(rows[index - 1]?.to_status ?? null)
    const latest = row.not_after.getTime() + CLOCK_SLACK_MS
    const next = one.changes.findLastIndex(
      ({ at, status }) => status === row.to_status && Date.parse(at) <= latest,
    )
    expect(
      next,
      `${one.id}: ${row.to_status} by ${row.not_after.toISOString()} in ${JSON.stringify(one.changes)}`,
    ).toBeGreaterThan(place)
    if (row.not_before !== null) {
      const entered = Date.parse(one.changes[next]?.at ?? '')
      expect(entered, `${one.id}: not before`).toBeGreaterThanOrEqual(
        row.not_before.getTime() - CLOCK_SLACK_MS - listsLagMs,
      )
    }
    place = next
  }
}

/** Seconds from the true moment of each recorded change since `fromMs` to its reading. */
export async function trueLags(
  db: Db,
  account: string,
  truth: readonly TrueMigration[],
  fromMs: number,
): Promise<number[]> {
  const rows = await query<{ migration_id: string; to_status: string; not_after: Date }>(
    db,
    'select migration_id, to_status, not_after from reporting.transitions where account = $1 and seq > 1',
    [account],
  )
  const changes = new Map(truth.map((one) => [one.id, one.changes]))
  return rows.flatMap(({ migration_id, to_status, not_after }) => {
    const at = changes
      .get(migration_id)
      ?.findLast((one) => one.status === to_status && Date.parse(one.at) <= not_after.getTime())?.at
    const atMs = at === undefined ? 0 : Date.parse(at)
    return atMs < fromMs ? [] : [(not_after.getTime() - atMs) / 1000]
  })
}

export function meanOf(values: readonly number[]): { mean: number; changes: number } {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, changes: values.length }
}

/** The terminal events that the recorded transitions call for, as `id type`, sorted. */
export async function expectedTerminalEvents(db: Db): Promise<string[]> {
  const rows = await query<{ migration_id: string; to_status: string }>(
    db,
    `select t.migration_id, t.to_status from reporting.transitions t join reporting.accounts a using (account)
     where t.seq > 1 or t.recorded_at > a.baseline_at`,
  )
  return rows
    .flatMap(({ migration_id, to_status }) =>
      TERMINAL[to_status] ? [`${migration_id} ${TERMINAL[to_status]}`] : [],
    )
    .sort()
}

/** The most requests that any window of this length held. */
export function busiestWindow(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [to, at] of sorted.entries()) {
    while (at - (sorted[from] ?? at) > windowMs) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}

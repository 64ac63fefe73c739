import type { Pool } from 'pg'

import type { Simulator } from '../../src/simulator/server.ts'

export interface Measured {
  readonly ends: number
  readonly meanMs: number
  readonly p99Ms: number
  readonly transitions: number
  readonly boundP50Ms: number
  readonly boundP99Ms: number
}

interface Window {
  readonly fromMs: number
  readonly untilMs: number
}

/** What the database shows of a time, against the provider's own record. */
export async function measure(
  pool: Pool,
  truth: ReturnType<Simulator['truth']>,
  window: Window,
): Promise<Measured> {
  const delays = (await listDelays(pool, truth, window)).sort((a, b) => a - b)
  return {
    ends: delays.length,
    meanMs: delays.reduce((sum, delay) => sum + delay, 0) / Math.max(1, delays.length),
    p99Ms: delays[Math.floor(0.99 * delays.length)] ?? 0,
    ...(await measureBounds(pool, window)),
  }
}

/** From each true end in the window to the reading that showed it. */
async function listDelays(
  pool: Pool,
  truth: ReturnType<Simulator['truth']>,
  { fromMs, untilMs }: Window,
): Promise<number[]> {
  const { rows } = await pool.query<{ migration_id: string; to_status: string; not_after: Date }>(
    'select migration_id, to_status, not_after from reporting.transitions where from_status is not null',
  )
  const seenAt = new Map(rows.map((row) => [`${row.migration_id} ${row.to_status}`, row.not_after.getTime()]))
  return truth.flatMap(({ id, changes }) => {
    const last = changes.at(-1)
    const endedMs = Date.parse(last?.at ?? '')
    const seenMs = seenAt.get(`${id} ${last?.status}`)
    const isTerminal = /COMPLETE|FAILED|ABANDONED/.test(last?.status ?? '')
    if (!isTerminal || seenMs === undefined || endedMs < fromMs || endedMs > untilMs) return []
    return [seenMs - endedMs]
  })
}

/** As `reporting.detection_lag` has them per hour. */
async function measureBounds(pool: Pool, { fromMs }: Window) {
  const { rows } = await pool.query<{ n: number; p50: number; p99: number }>(
    `select count(*)::int as n,
      percentile_cont(0.5) within group (order by extract(epoch from not_after - not_before)::float8) as p50,
      percentile_cont(0.99) within group (order by extract(epoch from not_after - not_before)::float8) as p99
     from reporting.transitions where not_before is not null and not_after > $1`,
    [new Date(fromMs)],
  )
  const [row] = rows
  return {
    transitions: row?.n ?? 0,
    boundP50Ms: 1000 * (row?.p50 ?? 0),
    boundP99Ms: 1000 * (row?.p99 ?? 0),
  }
}

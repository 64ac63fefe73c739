import { isTerminal, phaseOf } from '../../src/domain/phase.ts'
import type { Answer, Row } from '../../src/domain/planner/types.ts'
import { ANON_STATUS_MAP } from '../../src/providers/anon/status-map.ts'
import type { Trace, TraceMigration } from './trace.ts'

/** Plays the provider's part of a trace and keeps the truth: what was first shown when. */
export interface SimulatedProvider {
  get(atMs: number, id: string): Answer
  list(atMs: number, page: number): Answer
  /** Delay in seconds of every terminal status that counts. */
  delays(): number[]
}

export function createProvider(trace: Trace): SimulatedProvider {
  const indexOf = new Map(trace.migrations.map((one, index) => [one.id, index]))
  const shownAt = trace.migrations.map((one) => one.changes.map(() => Number.NaN))
  const oldest = trace.migrations[0]?.created_s ?? 0
  const descending = trace.order === 'created_desc'

  function rowOf(index: number, atS: number): Row {
    const one = trace.migrations[index] as TraceMigration
    const change = lastChange(one, atS)
    const shown = shownAt[index]
    if (change >= 0 && shown !== undefined && Number.isNaN(shown[change])) shown[change] = atS
    const phase = change < 0 ? 'pending' : phaseOf(ANON_STATUS_MAP, one.changes[change]?.[1] ?? '')
    return { id: one.id, phase, createdAtMs: one.created_s * 1000 }
  }

  const old = (k: number): Row => ({
    id: `old-${k}`,
    phase: 'succeeded',
    createdAtMs: (oldest - 60 * (k + 1)) * 1000,
  })

  /** The row at a place counted from the newest. */
  const fromNewest = (place: number, count: number, atS: number) =>
    place < count ? rowOf(count - 1 - place, atS) : old(place - count)

  return {
    get(atMs, id) {
      const index = indexOf.get(id)
      const row = index === undefined ? null : rowOf(index, atMs / 1000)
      return { kind: 'get', atMs, id, row }
    },
    list(atMs, page) {
      const atS = atMs / 1000
      const count = countCreated(trace.migrations, atS)
      const total = count + trace.history
      const from = Math.min(total, page * trace.page_size)
      const to = Math.min(total, from + trace.page_size)
      const rows: Row[] = []
      for (let i = from; i < to; i += 1) rows.push(fromNewest(descending ? i : total - 1 - i, count, atS))
      return { kind: 'list', atMs, page, rows, hasMore: to < total }
    },
    delays: () => countedDelays(trace, shownAt),
  }
}

function lastChange(one: TraceMigration, atS: number): number {
  let change = one.changes.length - 1
  while (change >= 0 && (one.changes[change]?.[0] ?? 0) > atS) change -= 1
  return change
}

function countCreated(migrations: readonly TraceMigration[], atS: number): number {
  let low = 0
  let high = migrations.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((migrations[middle]?.created_s ?? 0) <= atS) low = middle + 1
    else high = middle
  }
  return low
}

function countedDelays(trace: Trace, shownAt: readonly (readonly number[])[]): number[] {
  const delays: number[] = []
  trace.migrations.forEach((one, index) => {
    one.changes.forEach(([at, status], change) => {
      if (at < trace.warmup_s || at >= trace.duration_s || !isTerminal(phaseOf(ANON_STATUS_MAP, status)))
        return
      const shown = shownAt[index]?.[change] ?? Number.NaN
      delays.push(shown < trace.duration_s ? shown - at : trace.duration_s - at)
    })
  })
  return delays
}

import { createSweeps } from '../../../bench/planner/sweeps.ts'
import type { Phase } from '../../../src/domain/phase.ts'
import type { AdaptivePlanner } from '../../../src/domain/planner/planner.ts'
import type { Answer, PlannedRequest, PlannerConfig, Row } from '../../../src/domain/planner/types.ts'
import { FULL_BUCKET, takeToken, tokensIn } from '../../../src/domain/token-bucket.ts'

export const CONFIG: PlannerConfig = {
  requestsPerSecond: 1,
  pageSize: 10,
  sweepEveryMs: 300_000,
  lagGoalMs: 0,
}

/** The same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = (seed % 2147483646) + 1
  return () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647
  }
}

/** A list of rows, the first page first, that a test may change between requests. */
export interface Rows {
  rows: Row[]
}

export const row = (id: string, phase: Phase, createdS: number): Row => ({
  id,
  phase,
  createdAtMs: createdS * 1000,
})

export function answerTo(request: PlannedRequest, list: Rows, atMs: number, size = 10): Answer {
  if (request.kind === 'get') {
    return { kind: 'get', atMs, id: request.id, row: list.rows.find((one) => one.id === request.id) ?? null }
  }
  const from = request.page * size
  const rows = list.rows.slice(from, from + size)
  return { kind: 'list', atMs, page: request.page, rows, hasMore: from + size < list.rows.length }
}

export interface Made {
  readonly atMs: number
  readonly request: PlannedRequest
}

interface Pace {
  readonly startMs?: number
  readonly requestsPerSecond?: number
  readonly tickMs?: number
}

/** Runs a planner against a list through a token bucket; `before` may change the list at each tick. */
export function run(
  planner: Pick<AdaptivePlanner, 'choose' | 'observe'> & Partial<Pick<AdaptivePlanner, 'survey'>>,
  list: Rows,
  seconds: number,
  before: (atMs: number) => void = () => undefined,
  { startMs = 0, requestsPerSecond = 1, tickMs = 1_000 }: Pace = {},
): Made[] {
  const rate = { requestsPerSecond, burst: 5 }
  const made: Made[] = []
  const sweeps = createSweeps(300_000)
  let bucket = { ...FULL_BUCKET }
  for (let atMs = startMs; atMs < startMs + seconds * 1000; atMs += tickMs) {
    before(atMs)
    const sweep = sweeps.wanted(atMs, planner.survey?.()?.lastPage ?? 0)
    for (const request of planner.choose(atMs, tokensIn(bucket, rate, atMs), sweep)) {
      const after = takeToken(bucket, rate, atMs)
      if (after === null) throw new Error('more requests than tokens')
      bucket = after
      made.push({ atMs, request })
      const answer = answerTo(request, list, atMs)
      planner.observe(answer)
      sweeps.observe(answer)
    }
  }
  return made
}

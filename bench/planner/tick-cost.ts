import { createPlanner } from '../../src/domain/planner/planner.ts'
import type { LiveMigration } from '../../src/domain/planner/types.ts'
import { createRandom } from './random.ts'

// What one tick costs with so many live migrations: choosing 20 requests and taking in their answers' pages.
// usage: node bench/planner/tick-cost.ts
const TICKS = 300
const PAGE_SIZE = 100

console.log('live       p50 ms   p99 ms   worst ms   observe p99 ms   p50 in ns for each n log2 n')
for (const size of [1_000, 10_000, 50_000, 200_000]) {
  const ticks: number[] = []
  const observations: number[] = []
  measure(size, ticks, observations)
  const at = (values: number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? 0
  const perNLogN = (ms: number) => ((1e6 * ms) / (size * Math.log2(size))).toFixed(2)
  const texts = [at(ticks, 0.5), at(ticks, 0.99), Math.max(...ticks)].map((ms) => ms.toFixed(2).padStart(9))
  console.log(
    String(size).padEnd(8),
    ...texts,
    at(observations, 0.99).toFixed(2).padStart(12),
    perNLogN(at(ticks, 0.5)).padStart(12),
  )
}

function measure(size: number, ticks: number[], observations: number[]): void {
  const random = createRandom(1)
  const live: LiveMigration[] = Array.from({ length: size }, (_, index) => ({
    id: `m-${index}`,
    phase: index % 5 === 0 ? 'needs_input' : 'running',
    createdAtMs: -1000 * index,
    statusSinceMs: -1000 * index,
    lastObservedAtMs: -1000 * Math.floor(600 * random()),
  }))
  const config = { requestsPerSecond: 20, pageSize: PAGE_SIZE, sweepEveryMs: 300_000, lagGoalMs: 0 }
  const sweep = { page: null, baseline: false }
  const planner = createPlanner(config, null, live, random)
  const pages = Math.ceil(size / PAGE_SIZE)
  for (let tick = 0; tick < pages + TICKS; tick += 1) {
    const nowMs = 1000 * (tick + 1)
    const start = performance.now()
    const requests = planner.choose(nowMs, 20, sweep)
    if (tick >= pages) ticks.push(performance.now() - start)
    const pagesAsked =
      tick < pages ? [tick] : requests.flatMap((one) => (one.kind === 'list' ? [one.page] : []))
    for (const page of pagesAsked) {
      const rows = live.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE)
      const before = performance.now()
      planner.observe({ kind: 'list', atMs: nowMs, page, rows, hasMore: page < pages - 1 })
      if (tick >= pages) observations.push(performance.now() - before)
    }
  }
}

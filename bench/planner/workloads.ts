import { createRandom, exponential, lognormal, type Random } from './random.ts'
import type { Trace, TraceMigration } from './trace.ts'

type Duration = (next: Random) => number
type Changes = [number, string][]

export interface Workload {
  readonly name: string
  /** New migrations per second; a function of time where it changes. */
  readonly rate: number | ((atS: number) => number)
  readonly work: Duration
  readonly userShare?: number
  readonly userWait?: Duration
  /** How a life ends, where not simply once. */
  readonly ending?: (next: Random, at: number) => Changes
  readonly perSecond: number
  readonly burst?: number
  readonly pageSize: number
  readonly history?: number
  readonly order?: Trace['order']
  readonly lookbackS?: number
}

const DURATION_S = 14_400
const HOUR = 3600

export const mixed: Duration = (next) =>
  next() < 0.7 ? lognormal(next, 600, 0.7) : lognormal(next, 6 * HOUR, 0.8)

const tight = { perSecond: 1, burst: 5 }

/** The shapes of the project's six reference workloads. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'mixed-tight-small-pages', rate: 0.1, work: mixed, ...tight, pageSize: 10 },
  { name: 'mixed-tight-large-pages', rate: 0.1, work: mixed, ...tight, pageSize: 100 },
  { name: 'mixed-wide-small-pages', rate: 0.1, work: mixed, perSecond: 5, burst: 20, pageSize: 10 },
  {
    name: 'short-jobs',
    rate: 0.2,
    work: (n) => lognormal(n, 120, 0.5),
    userShare: 0,
    ...tight,
    pageSize: 50,
  },
  {
    name: 'long-jobs-many-waiting',
    rate: 0.05,
    work: (n) => lognormal(n, 8 * HOUR, 0.6),
    userShare: 0.6,
    userWait: (n) => lognormal(n, 12 * HOUR, 1),
    perSecond: 0.5,
    pageSize: 25,
  },
  { name: 'few-jobs', rate: 0.002, work: mixed, perSecond: 0.5, pageSize: 10, history: 500 },
]

export function buildTrace(workload: Workload, seed: number): Trace {
  const next = createRandom(seed)
  const { rate, lookbackS = 86_400 } = workload
  const rateAt = typeof rate === 'number' ? () => rate : rate
  const migrations: TraceMigration[] = []
  for (let at = -lookbackS; at < DURATION_S; at += exponential(next, 1 / rateAt(at))) {
    migrations.push({
      id: `m-${seed}-${migrations.length}`,
      company_id: `c-${Math.floor(next() * 50)}`,
      created_s: rounded(at),
      changes: lifeOf(workload, next, at).map(([when, status]) => [rounded(when), status]),
    })
  }
  return {
    name: workload.name,
    page_size: workload.pageSize,
    order: workload.order ?? 'created_desc',
    budget: { requests_per_second: workload.perSecond, burst: workload.burst ?? 5 },
    warmup_s: HOUR,
    duration_s: DURATION_S,
    history: workload.history ?? 20_000,
    migrations,
  }
}

/** Waits to start, works, sometimes stops for the user, ends. */
function lifeOf(workload: Workload, next: Random, created: number): Changes {
  const {
    work,
    userShare = 0.2,
    userWait = (n: Random) => lognormal(n, HOUR, 1),
    ending = endOnce,
  } = workload
  let at = created + exponential(next, 60)
  const changes: Changes = [[at, 'WORKING']]
  const total = work(next)
  if (next() < userShare) {
    const before = total * next()
    changes.push([at + before, 'PENDING_USER_INPUT'])
    at += before + userWait(next)
    changes.push([at, 'WORKING'])
    at += total - before
  } else at += total
  return [...changes, ...ending(next, at)]
}

function endOnce(next: Random, at: number): Changes {
  const roll = next()
  return [[at, roll < 0.8 ? 'COMPLETE' : roll < 0.92 ? 'COMPLETED_WITH_FAILURES' : 'FAILED']]
}

const rounded = (value: number) => Math.round(value * 1000) / 1000

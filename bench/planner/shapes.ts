import { exponential, lognormal, pareto, type Random } from './random.ts'
import { mixed, type Workload } from './workloads.ts'

const HOUR = 3600
const tight = { perSecond: 1, burst: 5 }

/** Shapes the planner was not built for. */
export const SHAPES: readonly Workload[] = [
  {
    name: 'bimodal',
    rate: 0.05,
    work: (n) => (n() < 0.5 ? 60 + 5 * n() : 3 * HOUR + 60 * n()),
    ...tight,
    pageSize: 20,
  },
  { name: 'heavy-tails', rate: 0.05, work: (n) => pareto(n, 300, 0.7), ...tight, pageSize: 20 },
  {
    name: 'hourly-bursts',
    rate: (at) => (((at % HOUR) + HOUR) % HOUR < 300 ? 0.6 : 0.01),
    work: mixed,
    ...tight,
    pageSize: 20,
  },
  {
    name: 'all-waiting',
    rate: 0.03,
    work: (n) => lognormal(n, 300, 0.7),
    userShare: 1,
    userWait: (n) => lognormal(n, 8 * HOUR, 1),
    ...tight,
    pageSize: 20,
  },
  { name: 'goes-back', rate: 0.05, work: mixed, ending: reopens, ...tight, pageSize: 50, history: 5_000 },
  { name: 'old-rows', rate: 0.05, work: mixed, ...tight, pageSize: 20, history: 100_000 },
  { name: 'ascending', rate: 0.1, work: mixed, ...tight, pageSize: 50, order: 'created_asc' },
  { name: 'five', rate: 5 / 9_500, work: mixed, perSecond: 0.2, pageSize: 10, history: 100 },
  { name: 'five-wide', rate: 5 / 9_500, work: mixed, perSecond: 2, burst: 10, pageSize: 100, history: 100 },
  {
    name: 'fifty-thousand',
    rate: 0.65,
    work: (n) => lognormal(n, 48 * HOUR, 0.7),
    perSecond: 1,
    pageSize: 100,
  },
  {
    name: 'constant-hazard',
    rate: 0.1,
    work: (n) => exponential(n, 2 * HOUR),
    userShare: 0,
    ...tight,
    pageSize: 10,
  },
  { name: 'clockwork', rate: 0.05, work: () => 1200, userShare: 0, ...tight, pageSize: 20 },
]

/** One in ten fails, is taken up again and ends differently. */
function reopens(next: Random, at: number): [number, string][] {
  if (next() > 0.1) return [[at, 'COMPLETE']]
  const again = at + exponential(next, 600)
  return [
    [at, 'FAILED'],
    [again, 'WORKING'],
    [again + exponential(next, 600), 'COMPLETE'],
  ]
}

import type { Survey } from '../../src/domain/planner/survey.ts'
import type { PlannedRequest, Planner, Reason } from '../../src/domain/planner/types.ts'
import { FULL_BUCKET, nextTokenAtMs, takeToken, tokensIn } from '../../src/domain/token-bucket.ts'
import { createProvider } from './provider.ts'
import { createSweeps } from './sweeps.ts'
import type { Trace } from './trace.ts'

export interface Outcome {
  readonly policy: string
  readonly ended: number
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly gets: number
  readonly lists: number
  readonly reasons: Readonly<Partial<Record<Reason, number>>>
  /** Share of the tokens there were. */
  readonly used: number
  /** The highest number of requests in any 10 s, and what the budget allows there. */
  readonly peak: number
  readonly peakAllowed: number
}

const WINDOW_MS = 10_000
/** A planner that wants nothing is asked again after this long. */
const IDLE_MS = 500

const SWEEP_EVERY_MS = 300_000

/** Runs a planner through a trace in virtual time. It sees only what answers show. */
export function replay(
  trace: Trace,
  policy: string,
  planner: Planner & { readonly survey?: () => Survey | null },
): Outcome {
  const sweeps = createSweeps(SWEEP_EVERY_MS)
  const lastPage = () => planner.survey?.()?.lastPage ?? 0
  const provider = createProvider(trace)
  const rate = { requestsPerSecond: trace.budget.requests_per_second, burst: trace.budget.burst }
  const sentAt: number[] = []
  const reasons: Partial<Record<Reason, number>> = {}
  let gets = 0
  let bucket = FULL_BUCKET
  let nowMs = 0

  function send(request: PlannedRequest): void {
    const after = takeToken(bucket, rate, nowMs)
    if (after === null) throw new Error(`${policy} spends tokens that it has not`)
    bucket = after
    sentAt.push(nowMs)
    reasons[request.reason] = (reasons[request.reason] ?? 0) + 1
    if (request.kind === 'get') gets += 1
    const isGet = request.kind === 'get'
    const answer = isGet ? provider.get(nowMs, request.id) : provider.list(nowMs, request.page)
    planner.observe(answer)
    sweeps.observe(answer)
  }

  while (nowMs < trace.duration_s * 1000) {
    const sweep = sweeps.wanted(nowMs, lastPage())
    const requests = planner.choose(nowMs, tokensIn(bucket, rate, nowMs), sweep)
    for (const request of requests) send(request)
    const tokenAt = nextTokenAtMs(bucket, rate, nowMs)
    nowMs = requests.length === 0 ? Math.max(tokenAt, nowMs + IDLE_MS) : Math.max(tokenAt, nowMs + 1)
  }
  const available = rate.burst + trace.duration_s * rate.requestsPerSecond
  return {
    policy,
    ...summary(provider.delays()),
    gets,
    lists: sentAt.length - gets,
    reasons,
    used: sentAt.length / available,
    peak: mostIn(sentAt, WINDOW_MS),
    peakAllowed: rate.burst + (WINDOW_MS / 1000) * rate.requestsPerSecond,
  }
}

function summary(delays: number[]) {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const mean = sorted.reduce((sum, delay) => sum + delay, 0) / Math.max(1, sorted.length)
  return { ended: sorted.length, mean, p50: at(0.5), p99: at(0.99), worst: sorted.at(-1) ?? 0 }
}

function mostIn(times: readonly number[], windowMs: number): number {
  let most = 0
  let from = 0
  times.forEach((time, index) => {
    while (time - (times[from] ?? 0) >= windowMs) from += 1
    most = Math.max(most, index - from + 1)
  })
  return most
}

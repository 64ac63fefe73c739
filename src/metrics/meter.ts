import { Counter, Histogram, Registry } from 'prom-client'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import { PHASES, type Phase } from '../domain/phase.ts'

const REQUEST_KINDS = ['get', 'list'] as const
const REQUEST_OUTCOMES = ['ok', 'missing', 'throttled', 'refused', 'unusable'] as const
const HINT_OUTCOMES = ['noted', 'known', 'looked', 'ignored', 'repeated', 'forged'] as const
const ATTEMPT_OUTCOMES = [
  'accepted',
  'refused',
  'unreachable',
  'refused_address',
  'failed',
] as const satisfies AttemptOutcome['kind'][]

/** What this process counts of its own work. Labels are names of the configuration and words of ours: a bounded set. */
export interface Meter {
  readonly requestAnswered: (request: AnsweredRequest) => void
  readonly pollStarted: (account: string, lateMs: number) => void
  readonly changesRecorded: (account: string, changes: readonly RecordedChange[]) => void
  readonly hintTaken: (account: string, outcome: (typeof HINT_OUTCOMES)[number]) => void
  readonly attemptMade: (attempt: MadeAttempt) => void
  readonly registry: Registry
}

interface AnsweredRequest {
  readonly account: string
  readonly kind: (typeof REQUEST_KINDS)[number]
  readonly outcome: (typeof REQUEST_OUTCOMES)[number]
  readonly tookMs: number
}

interface RecordedChange {
  /** Null at first sight. */
  readonly from: string | null
  readonly phase: Phase
  /** Time between the two readings around the change; null at first sight. */
  readonly boundMs: number | null
}

interface MadeAttempt {
  readonly hook: string
  readonly outcome: AttemptOutcome['kind']
  readonly tookMs: number
  /** From the event's transaction to this attempt, where it is the delivery's first. */
  readonly firstAfterMs: number | null
}

/** What is known from the start. */
interface MeterOptions {
  readonly accounts: readonly string[]
  readonly hooks: readonly string[]
}

export function createMeter({ accounts, hooks }: MeterOptions): Meter {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  for (const account of accounts) beginAccount(metrics, account)
  for (const hook of hooks) beginHook(metrics, hook)
  const { requests, requestSeconds, lateness, transitions, discovered, unknown, bounds, hints } = metrics
  const { attempts, attemptSeconds, firstAfter } = metrics

  return {
    registry,
    requestAnswered: ({ account, kind, outcome, tookMs }) => {
      requests.inc({ account, kind, outcome })
      requestSeconds.observe({ account, kind }, tookMs / 1000)
    },
    pollStarted: (account, lateMs) => lateness.observe({ account }, lateMs / 1000),
    changesRecorded: (account, changes) => {
      for (const { from, phase, boundMs } of changes) {
        if (from === null) discovered.inc({ account })
        else transitions.inc({ account, phase })
        if (phase === 'unknown') unknown.inc({ account })
        if (boundMs !== null) bounds.observe({ account }, boundMs / 1000)
      }
    },
    hintTaken: (account, outcome) => hints.inc({ account, outcome }),
    attemptMade: ({ hook, outcome, tookMs, firstAfterMs }) => {
      attempts.inc({ hook, outcome })
      attemptSeconds.observe({ hook }, tookMs / 1000)
      if (firstAfterMs !== null) firstAfter.observe({ hook }, Math.max(0, firstAfterMs / 1000))
    },
  }
}

type Metrics = ReturnType<typeof createMetrics>

/** A rate needs a beginning, and the number of series is to stay the same. */
function beginAccount(metrics: Metrics, account: string): void {
  for (const kind of REQUEST_KINDS) {
    for (const outcome of REQUEST_OUTCOMES) metrics.requests.inc({ account, kind, outcome }, 0)
    metrics.requestSeconds.zero({ account, kind })
  }
  for (const outcome of HINT_OUTCOMES) metrics.hints.inc({ account, outcome }, 0)
  for (const phase of PHASES) metrics.transitions.inc({ account, phase }, 0)
  for (const counter of [metrics.discovered, metrics.unknown]) counter.inc({ account }, 0)
  for (const histogram of [metrics.lateness, metrics.bounds]) histogram.zero({ account })
}

function beginHook(metrics: Metrics, hook: string): void {
  for (const outcome of ATTEMPT_OUTCOMES) metrics.attempts.inc({ hook, outcome }, 0)
  for (const histogram of [metrics.attemptSeconds, metrics.firstAfter]) histogram.zero({ hook })
}

function createMetrics(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] })
  return {
    requests: counter(
      'landfall_requests_total',
      'Requests that the provider answered, or did not, by kind and outcome.',
      ['account', 'kind', 'outcome'],
    ),
    requestSeconds: histogram(
      'landfall_request_duration_seconds',
      'Time from sending a request to the end of its answer.',
      ['account', 'kind'],
      [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    ),
    lateness: histogram(
      'landfall_poll_lateness_seconds',
      'By how much a poll began after the time it was due; 0 where it came before that.',
      ['account'],
      [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
    ),
    transitions: counter(
      'landfall_transitions_total',
      'Recorded changes of status after first sight, by the phase they led to.',
      ['account', 'phase'],
    ),
    discovered: counter('landfall_discovered_total', 'Migrations seen for the first time.', ['account']),
    unknown: counter('landfall_unknown_statuses_total', 'Recorded statuses that no status map knows.', [
      'account',
    ]),
    bounds: histogram(
      'landfall_detection_lag_bound_seconds',
      'Time between the two readings around a change: it was noticed no later than that.',
      ['account'],
      [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
    ),
    hints: counter('landfall_hints_total', 'Webhooks of the provider, by what came of them.', [
      'account',
      'outcome',
    ]),
    attempts: counter('landfall_delivery_attempts_total', 'Attempts to deliver, by what came of them.', [
      'hook',
      'outcome',
    ]),
    attemptSeconds: histogram(
      'landfall_delivery_attempt_duration_seconds',
      'Time that an attempt to deliver took.',
      ['hook'],
      [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    ),
    firstAfter: histogram(
      'landfall_delivery_first_attempt_seconds',
      'Time from the transaction of an event to the first attempt to deliver it.',
      ['hook'],
      [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300],
    ),
  }
}

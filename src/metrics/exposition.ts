import type { Logger } from 'pino'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'

import { VERSION } from '../runtime/version.ts'
import type { Facts } from '../store/facts.ts'
import { createFactGauges, type ExpectedLag, type MeteredAccount, type WaitingJobs } from './facts.ts'

export interface ExpositionOptions {
  /** What this process counts by itself. */
  readonly registry: Registry
  readonly accounts: readonly MeteredAccount[]
  readonly loadFacts: () => Promise<Facts>
  readonly countWaiting: () => Promise<WaitingJobs[]>
  readonly expectLags: () => ExpectedLag[]
  readonly log: Logger
  readonly deadlineMs?: number
}

/** Writes all metrics in the format that an `Accept` header asks for: OpenMetrics, or Prometheus' own text. */
export type Scrape = (
  accept: string | undefined,
) => Promise<{ readonly contentType: string; readonly body: string }>

/** Several scrapers ask the database only once. */
const FRESH_MS = 5_000
/** Reckoned from all live migrations. */
const EXPECTED_FRESH_MS = 60_000
/** Less than a scraper waits. */
const DEADLINE_MS = 3_000
/** Gauges of prom-client with names that only counters may have. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

export function createExposition(options: ExpositionOptions): Scrape {
  const { registry, log, deadlineMs = DEADLINE_MS } = options
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  new Gauge({
    name: 'landfall_build_info',
    help: 'Which Landfall this is.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: VERSION }, 1)
  const gauges = createFactGauges(registry, options.accounts)
  const noteTrouble = (err: unknown) => log.debug({ err }, 'metrics.incomplete')
  const facts = createSource(options.loadFacts, gauges.showFacts, deadlineMs, noteTrouble)
  const showWaiting = (rows: WaitingJobs[] | null) => gauges.showWaiting(rows ?? [])
  const waiting = createSource(options.countWaiting, showWaiting, deadlineMs, noteTrouble)
  let expectedAtMs = Number.NEGATIVE_INFINITY

  return async (accept) => {
    if (performance.now() - expectedAtMs > EXPECTED_FRESH_MS) {
      gauges.showExpected(options.expectLags())
      expectedAtMs = performance.now()
    }
    await Promise.all([facts(), waiting()])
    const text = await registry.metrics()
    return accept?.includes('application/openmetrics-text') === true
      ? { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: toOpenMetrics(text) }
      : { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: text }
  }
}

/**
 * Shows what `load` tells, and asks again once that has become old. What tells nothing in time shows null, and is not
 * asked a second time while its answer is still to come.
 */
function createSource<T>(
  load: () => Promise<T>,
  show: (told: T | null) => void,
  deadlineMs: number,
  noteTrouble: (err: unknown) => void,
): () => Promise<void> {
  let asking: Promise<void> | null = null
  let toldAtMs = Number.NEGATIVE_INFINITY

  async function ask(): Promise<void> {
    try {
      show(await load())
      toldAtMs = performance.now()
    } catch (err) {
      show(null)
      noteTrouble(err)
    } finally {
      asking = null
    }
  }

  return async () => {
    if (performance.now() - toldAtMs < FRESH_MS) return
    asking ??= ask()
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => resolve('late'), deadlineMs)
    if ((await Promise.race([asking, late])) === 'late') show(null)
    clearTimeout(timer)
  }
}

/** prom-client writes OpenMetrics too, but its counters have lost their names for Prometheus' text after that. */
function toOpenMetrics(text: string): string {
  const named = text.replace(
    /^# HELP (\w+)_total (.*)\n# TYPE \1_total counter$/gm,
    '# HELP $1 $2\n# TYPE $1 counter',
  )
  return `${named.replace(/\n{2,}/g, '\n').trimEnd()}\n# EOF\n`
}

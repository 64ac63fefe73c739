import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { createTelemetry } from '../../src/queue/telemetry.ts'
import { createTracing } from '../../src/runtime/start-tracing.ts'
import { inPlace, kinds } from '../queue/places.ts'
import { log, query } from '../support/account.ts'
import { attributeOf, type CollectedSpan, startCollector } from '../support/collector.ts'
import { API_KEY, HOOK_SECRET } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, shareEnded, startRedis, startTestDaemon, waitForTruth } from '../support/world.ts'

let collector: Awaited<ReturnType<typeof startCollector>>
beforeEach(async () => {
  collector = await startCollector(onTestFinished)
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_SERVICE_NAME: 'landfall-in-a-test',
  })
})
afterEach(forgetVariables)

function forgetVariables(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name]
}

/** From the root of its trace down to the span. */
function pathTo(spans: readonly CollectedSpan[], spanId: string): CollectedSpan[] {
  const span = spans.find((one) => one.spanId === spanId)
  return span === undefined ? [] : [...pathTo(spans, span.parentSpanId ?? ''), span]
}

describe.each(kinds)('BullMQ on %s', (kind) => {
  test('one trace leads from the request that saw an end to the hook that was told', async () => {
    const redisUrl = kind === 'redis' ? (await startRedis(onTestFinished)).url : null
    const world = await createWorld(onTestFinished, { simulator: { migrations: 30 }, redisUrl })
    const daemon = await startTestDaemon(onTestFinished, world.config)
    const { db, simulator, receiver } = world
    await waitFor(() => shareEnded(simulator.truth()) > 0.8, { what: 'lives to end', timeoutMs: 60_000 })
    simulator.freeze()
    await waitForTruth(db, () => simulator.truth())
    await daemon.stop()

    const spans = collector.spans()
    expect(receiver.requests.length).toBeGreaterThan(0)
    for (const { headers } of receiver.requests) {
      const [, traceId = '', spanId = ''] = String(headers['traceparent']).split('-')
      const path = pathTo(spans, spanId)
      // Jobs that are added in bulk have no span of their own for that.
      const names = path.map(({ name }) => name).filter((name) => name !== 'add deliveries.deliver')
      const request = expect.stringMatching(/^(poll|page)$/)
      expect(names).toEqual(['process requests', request, 'process deliveries', 'deliver'])
      expect(new Set(path.map((span) => span.traceId))).toEqual(new Set([traceId]))
      expect(path[0]?.parentSpanId ?? '').toBe('')
      expect(path.map((span) => attributeOf(span, 'landfall.event_id')).at(-1)).toBe(headers['webhook-id'])
    }
    const tries = spans.filter(({ name }) => name.startsWith('request '))
    expect(tries.length).toBeGreaterThan(0)
    expect(new Set(tries.map((span) => attributeOf(span, 'landfall.account')))).toEqual(new Set(['acme']))
    expect(collector.text()).toContain('landfall-in-a-test')
    for (const secret of [API_KEY, HOOK_SECRET, '127.0.0.1']) expect(collector.text()).not.toContain(secret)
  }, 120_000)

  test(
    'deliveries that are queued together keep to the traces of their events',
    inPlace(kind, async ({ startQueue }) => {
      const tracing = await createTracing(log)
      await tracing?.start()
      const seen: string[] = []
      const queue = await startQueue(
        { deliver: async ({ deliveryId }) => void seen.push(deliveryId) },
        { telemetry: await createTelemetry() },
      )
      const traceIdOf = (n: number) => `${n}`.padStart(32, 'a')
      const jobs = Array.from({ length: 25 }, (_, n) => ({
        deliveryId: `${n}`,
        claim: 1,
        traceParent: `00-${traceIdOf(n)}-${'b'.repeat(16)}-01`,
      }))
      await queue.addDeliveries(jobs)
      await waitFor(() => seen.length === jobs.length, { what: 'all jobs' })
      await queue.stop()
      await tracing?.stop()

      const worked = collector.spans().filter(({ name }) => name === 'process deliveries')
      expect(worked.map(({ traceId }) => traceId).sort()).toEqual(jobs.map((_, n) => traceIdOf(n)).sort())
    }),
  )
})

test('untraced, a hook gets no header and an event keeps no trace', async () => {
  forgetVariables()
  const world = await createWorld(onTestFinished, { simulator: { migrations: 20 } })
  await startTestDaemon(onTestFinished, world.config)
  const { db, receiver } = world
  await waitFor(() => receiver.requests.length > 0, { what: 'a call', timeoutMs: 60_000 })

  expect(receiver.requests.filter(({ headers }) => 'traceparent' in headers)).toEqual([])
  expect(await query(db, 'select id from landfall.event where trace_parent is not null')).toEqual([])
  expect(collector.spans()).toEqual([])
}, 90_000)

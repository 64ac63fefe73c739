import { afterEach, beforeEach, expect, test } from 'vitest'

import { createExposition } from '../../src/metrics/exposition.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import { type Facts, loadFacts } from '../../src/store/facts.ts'
import { createTestAccount, log, query, record, seen } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { hasPromtool, NEEDS_PROMTOOL, promtool } from '../support/promtool.ts'
import { namesIn, samplesOf } from '../support/samples.ts'

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3'
const HOOK = { name: 'ops', kind: 'webhook', events: ['migration.completed' as const] }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount({ hooks: [HOOK] })
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
})
afterEach(() => landfall.close())

function createScrape(load = () => loadFacts(landfall.db, [landfall.account]), deadlineMs = 3_000) {
  const { account, deps } = landfall
  return createExposition({
    registry: createMeter({ accounts: [account.name], hooks: [HOOK.name] }).registry,
    accounts: [account],
    loadFacts: load,
    countWaiting: async () => [{ queue: 'requests', jobs: 3 }],
    expectLags: deps.seats.expectLags,
    log,
    deadlineMs,
  })
}

test('as many series for a thousand migrations as for ten', async () => {
  const { deps, account } = landfall
  const statuses = ['WORKING', 'COMPLETE', 'FAILED', 'NEVER_HEARD_OF', 'NOT_STARTED']
  const observe = (from: number, to: number) =>
    record(
      deps,
      account,
      Array.from({ length: to - from }, (_, n) => seen(`m${from + n}`, statuses[n % 5] ?? '', 0)),
    )
  await observe(0, 10)
  const few = samplesOf((await createScrape()(undefined)).body)
  await observe(10, 1_000)
  const many = samplesOf((await createScrape()(undefined)).body)

  const ours = (samples: Map<string, number>) =>
    [...samples.keys()].filter((name) => name.startsWith('landfall_')).sort()
  expect(ours(many)).toEqual(ours(few))
  expect(few.get('landfall_migrations{account="acme",phase="running"}')).toBe(2)
  expect(many.get('landfall_migrations{account="acme",phase="running"}')).toBe(200)
  expect(many.get('landfall_migrations{account="acme",phase="unknown"}')).toBe(200)
  expect([...many.keys()].filter((name) => name.includes('NEVER_HEARD_OF'))).toEqual([])
})

test('shows what the database knows of an account', async () => {
  await record(landfall.deps, landfall.account, [seen('m1', 'WORKING', 0)])
  await query(
    landfall.db,
    `update landfall.account set state = 'suspended', planned_at = now() - interval '7 s', last_sweep_completed_at = now() - interval '90 s';
     update landfall.migration set next_poll_at = now() - interval '40 s';
     update landfall.budget set granted = 12, full_at = now() + interval '0.5 s';
     update landfall.walk set last_page = 9, walk = '{"kind": "sweep", "page": 5, "direction": "down", "seeking": false}'
     where kind = 'sweep'`,
  )
  const samples = samplesOf((await createScrape()(undefined)).body)
  const of = (name: string) => samples.get(`landfall_${name}{account="acme"}`)

  expect(of('account_suspended')).toBe(1)
  expect(of('baseline_complete')).toBe(1)
  expect(of('tick_age_seconds')).toBeGreaterThanOrEqual(7)
  expect(of('sweep_age_seconds')).toBeGreaterThanOrEqual(90)
  expect(of('sweep_progress_ratio')).toBe(0.5)
  expect(of('poll_overdue_seconds')).toBeGreaterThanOrEqual(40)
  expect(of('requests_granted_total')).toBe(12)
  expect(of('budget_requests_per_second')).toBe(100)
  expect(of('budget_effective_requests_per_second')).toBe(100)
  // Half a second's tokens are spent; some have come back since.
  expect(of('budget_remaining_requests')).toBeGreaterThanOrEqual(50)
  expect(samples.get('landfall_queue_waiting_jobs{queue="requests"}')).toBe(3)
})

test('shows how a hook does, and the warnings before it is disabled', async () => {
  const ended = ['m1', 'm2', 'm3'].map((id) => seen(id, 'COMPLETE', 0))
  await record(landfall.deps, landfall.account, ended)
  await query(
    landfall.db,
    `update landfall.hook set failures = 4, warnings = 2, failing_since = now() - interval '3 days';
     update landfall.delivery set next_attempt_at = now() - interval '1 hour' where stream = 'm1';
     update landfall.delivery set state = 'dead' where stream = 'm2'`,
  )
  const samples = samplesOf((await createScrape()(undefined)).body)
  const of = (name: string) => samples.get(`landfall_${name}{hook="ops"}`)

  expect(of('hook_warnings')).toBe(2)
  expect(of('hook_failures')).toBe(4)
  expect(of('hook_disabled')).toBe(0)
  expect(of('hook_failing_seconds')).toBeGreaterThanOrEqual(3 * 86_400)
  expect(of('outbox_age_seconds')).toBeGreaterThanOrEqual(3_600)
  expect(samples.get('landfall_deliveries{hook="ops",state="pending"}')).toBe(2)
  expect(samples.get('landfall_deliveries{hook="ops",state="dead"}')).toBe(1)
})

test('a database that hangs is told of in time, and is not asked again meanwhile', async () => {
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<Facts>()
  const scrape = createScrape(() => {
    asked += 1
    return promise
  }, 50)
  const bodies = [await scrape(undefined), await scrape(undefined)].map(({ body }) => samplesOf(body))

  for (const samples of bodies) {
    expect(samples.get('landfall_database_up')).toBe(0)
    expect(samples.has('landfall_tick_age_seconds{account="acme"}')).toBe(false)
    expect(samples.has('landfall_requests_total{account="acme",kind="get",outcome="ok"}')).toBe(true)
  }
  expect(asked).toBe(1)
  resolve(await loadFacts(landfall.db, [landfall.account]))
  expect(samplesOf((await scrape(undefined)).body).get('landfall_database_up')).toBe(1)
})

test('a database that is gone is told of, and asked again at once', async () => {
  let isBack = false
  const scrape = createScrape(() =>
    isBack ? loadFacts(landfall.db, [landfall.account]) : Promise.reject(new Error('no connection')),
  )
  expect(samplesOf((await scrape(undefined)).body).get('landfall_database_up')).toBe(0)
  isBack = true
  expect(samplesOf((await scrape(undefined)).body).get('landfall_database_up')).toBe(1)
})

test('speaks OpenMetrics to whoever asks for it, and plain text to all others, in any order', async () => {
  const scrape = createScrape()
  const first = await scrape(undefined)
  const open = await scrape(OPENMETRICS)
  const last = await scrape('text/plain')

  expect(open.contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/)
  expect(open.body).toMatch(/\n# EOF\n$/)
  expect(open.body).not.toContain('\n\n')
  expect(open.body).toContain('# TYPE landfall_requests counter')
  expect(open.body).not.toMatch(/^# TYPE \w+_total /m)
  expect(namesIn(open.body)).toEqual(namesIn(first.body))
  expect(namesIn(last.body)).toEqual(namesIn(first.body))
  expect(last.contentType).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(last.body).toContain('# TYPE landfall_requests_total counter')
})

test('promtool has nothing to object to', needs(NEEDS_PROMTOOL, hasPromtool), async () => {
  const { body } = await createScrape()(undefined)
  expect(promtool(['check', 'metrics'], body)).toEqual({ ok: true, output: '' })
})

import { afterAll, beforeAll, expect, test } from 'vitest'

import { disableHook } from '../../src/store/hooks.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { apiAt } from './api.ts'
import { createApi } from './serve.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let api: ReturnType<typeof apiAt>

beforeAll(async () => {
  const events = ['migration.completed' as const]
  const hooks = ['ops', 'team'].map((name) => ({ name, kind: 'webhook', events }))
  landfall = await createTestAccount({ hooks })
  await query(landfall.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
  for (let n = 0; n < 7; n++) await record(landfall.deps, landfall.account, [seen(`m${n}`, 'COMPLETE', n)])
  await record(landfall.deps, landfall.account, [seen('live', 'WORKING', 0), seen('late', 'NOT_READY', 0)])
  await query(landfall.db, `update landfall.migration set overdue = true where migration_id = 'late'`)
  await disableHook(landfall.db, 'team', 'why')
  server = createApi(landfall)
  await server.start()
  api = apiAt(server.url())
}, 60_000)
afterAll(async () => {
  await server.stop()
  await landfall.close()
})

async function walk(path: string, rows: string): Promise<Record<string, string>[]> {
  const found: Record<string, string>[] = []
  for (let cursor = ''; ; ) {
    const { status, json } = await api('GET', `${path}limit=2&cursor=${cursor}`)
    expect(status).toBe(200)
    found.push(...json[rows])
    if (json.next_cursor === null) return found
    cursor = json.next_cursor
  }
}

test('events of late come newest first, page by page, of an account or a type', async () => {
  const all = await walk('/events/recent?', 'events')
  const stored = await query(landfall.db, 'select id from landfall.event order by recorded_at desc, id desc')
  expect(all.map(({ event_id }) => event_id)).toEqual(stored.map(({ id }) => id))
  const completed = await walk('/events/recent?type=migration.completed&account=acme&', 'events')
  expect(completed.map(({ migration_id }) => migration_id)).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `m${n}`))
  expect(await walk('/events/recent?account=nobody&', 'events')).toEqual([])
  expect((await api('GET', '/events/recent?type=landed')).status).toBe(400)
})

test('deliveries come newest first, page by page, of all hooks or one, in any state or one', async () => {
  const idsOf = (rows: Record<string, string>[]) => rows.map(({ hook, event_id }) => `${hook} ${event_id}`)
  const stored = await query(
    landfall.db,
    `select hook || ' ' || event as one, hook, state from landfall.delivery order by id desc`,
  )
  const expected = (fits: (row: Record<string, unknown>) => boolean) =>
    stored.filter(fits).map(({ one }) => one)
  expect(idsOf(await walk('/deliveries?', 'deliveries'))).toEqual(expected(() => true))
  expect(idsOf(await walk('/deliveries?state=held&', 'deliveries'))).toEqual(
    expected(({ state }) => state === 'held'),
  )
  expect(idsOf(await walk('/hooks/ops/deliveries?', 'deliveries'))).toEqual(
    expected(({ hook }) => hook === 'ops'),
  )
  expect(await walk('/deliveries?hook=ops&state=held&', 'deliveries')).toEqual([])
})

test('one look tells how everything goes', async () => {
  const { status, json } = await api('GET', '/stats')
  expect(status).toBe(200)
  expect(json).toMatchObject({
    live: { pending: 1, running: 1, needs_input: 0, unknown: 0 },
    overdue: 1,
    total: 9,
    accounts: { active: 1, suspended: 0 },
    hooks: { active: 1, disabled: 1, failing: 0 },
    deliveries: { pending: 7, held: 7, dead: 0, oldest_pending_seconds: expect.any(Number) },
  })
  expect(json.daily).toHaveLength(30)
  expect(json.hourly).toHaveLength(48)
  expect(json.daily.at(-1)).toEqual({ day: json.at.slice(0, 10), ...json.today })
})

test('what ended in the last day, and how soon that was known, is told for all accounts', async () => {
  const soon = new Date()
  const before = { ...seen('soon', 'WORKING', 0), requestedAt: new Date(soon.getTime() - 20_000) }
  const first = { ...before, receivedAt: before.requestedAt }
  const last = { ...seen('soon', 'FAILED', 0), requestedAt: soon, receivedAt: soon }
  await record(landfall.deps, landfall.account, [first])
  await record(landfall.deps, landfall.account, [last])
  const { json } = await api('GET', '/stats')
  expect(json.last_24h).toEqual({
    succeeded: 0,
    partial: 0,
    failed: 1,
    abandoned: 0,
    failure_rate: 1,
    detection_lag_p50_seconds: 20,
    detection_lag_p99_seconds: 20,
  })
})

test('an account comes with what it may spend, has spent, and how it is slowed down', async () => {
  await query(
    landfall.db,
    `update landfall.budget set share = 0.5, share_at = clock_timestamp(), blocked_until = now() + interval '1 hour'`,
  )
  await query(
    landfall.db,
    `insert into landfall.usage (hour, account, list_requests, get_requests) values (date_trunc('hour', now()), 'acme', 2, 3)`,
  )
  const [account] = (await api('GET', '/accounts')).json.accounts
  expect(account.budget).toEqual({
    requests_per_second: 100,
    burst: 100,
    effective_requests_per_second: expect.closeTo(50, 0),
    blocked_until: expect.stringMatching(/Z$/),
    used_last_hour: 5,
  })
})

import { Webhook } from 'svix'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApiActions } from '../../src/work/api-actions.ts'
import { planRequests } from '../../src/work/plan-requests.ts'
import { createApi } from '../http/serve.ts'
import { createAccount, createTestAccount, query, record, seen } from '../support/account.ts'
import { samplesOf } from '../support/samples.ts'

const SECRET = `whsec_${Buffer.from('a secret that only tests may know').toString('base64')}`
const RATE = { requestsPerSecond: 2, burst: 100 }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
beforeEach(async () => {
  landfall = await createTestAccount({ account: createAccount({ rate: RATE }) })
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  const actions = createApiActions(landfall.deps, new Map([['acme', [SECRET]]]))
  server = createApi(landfall, { ...actions, apiToken: 'a token that webhooks do not have' })
  await server.start()
})
afterEach(async () => {
  await server.stop()
  await landfall.close()
})

let sent = 0
interface Change {
  readonly id?: string
  readonly at?: Date
  readonly secret?: string
  readonly signedBody?: string
  readonly account?: string
}

async function send(body: string, change: Change = {}) {
  sent += 1
  const { id = `msg_${sent}`, at = new Date(), secret = SECRET, signedBody = body, account = 'acme' } = change
  const headers = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
    'svix-signature': new Webhook(secret).sign(id, at, signedBody),
  }
  const response = await fetch(`${server.url()}/ingest/${account}`, { method: 'POST', headers, body })
  return [response.status, ((await response.json()) as { hint?: string }).hint]
}

const hintOf = (id: string, status = 'COMPLETE') =>
  JSON.stringify({
    ...{ type: 'migration.completed', id: 'evt_1' },
    data: { migration_id: id, object: { object: 'migration', id, status } },
  })

const hinted = async () =>
  (await query(landfall.db, 'select migration_id from landfall.migration where hinted_at is not null')).length
async function counted(outcome: string) {
  const samples = samplesOf(await landfall.deps.meter.registry.metrics())
  return samples.get(`landfall_hints_total{account="acme",outcome="${outcome}"}`)
}
const track = (...ids: string[]) =>
  record(
    landfall.deps,
    landfall.account,
    ids.map((id) => seen(id, 'WORKING', 0)),
  )
const polls = async () => (await planRequests(landfall.deps, landfall.account))?.polls.length ?? 0

test('a hint makes the migration’s reading the next one, and changes nothing else', async () => {
  await track('m1', 'm2')
  await query(landfall.db, "update landfall.migration set next_poll_at = now() + interval '1 hour'")
  expect(await send(hintOf('m1'))).toEqual([200, 'noted'])
  const rows = await query(landfall.db, 'select status, transitions from landfall.migration')
  expect(rows).toEqual(Array.from({ length: 2 }, () => ({ status: 'WORKING', transitions: 1 })))
  expect(await polls()).toBe(1)
  expect(await polls()).toBe(0)
})

test('forged, stale and repeated hints are refused', async () => {
  await track('m1')
  const wrong = `whsec_${Buffer.from('another secret, of somebody else').toString('base64')}`
  const minutes = (n: number) => new Date(Date.now() + n * 60_000)
  expect(await send(hintOf('m1'), { secret: wrong })).toEqual([401, undefined])
  expect(await send(hintOf('m1'), { signedBody: hintOf('m2') })).toEqual([401, undefined])
  expect(await send(hintOf('m1'), { at: minutes(-6) })).toEqual([401, undefined])
  expect(await send(hintOf('m1'), { at: minutes(6) })).toEqual([401, undefined])
  expect(await hinted()).toBe(0)
  expect(await counted('forged')).toBe(4)
  expect(await send(hintOf('m1'), { id: 'msg_same' })).toEqual([200, 'noted'])
  await query(landfall.db, 'update landfall.migration set hinted_at = null')
  expect(await send(hintOf('m1'), { id: 'msg_same' })).toEqual([200, 'repeated'])
  expect(await hinted()).toBe(0)
})

test('unknown types and odd bodies are taken and counted, and cost nothing', async () => {
  await track('m1')
  for (const body of [
    '',
    'not json',
    '[]',
    '{"type":"svix.ping"}',
    '{"type":"login.odd","data":7}',
    '\u0000',
  ])
    expect(await send(body)).toEqual([200, 'ignored'])
  expect(await query(landfall.db, 'select count(*)::int as n from landfall.hint')).toEqual([{ n: 6 }])
  expect(await counted('ignored')).toBe(6)
  expect(await hinted()).toBe(0)
})

test('what is known already is not read again for it', async () => {
  await track('m1')
  expect(await send(hintOf('m1', 'WORKING'))).toEqual([200, 'known'])
  expect(await hinted()).toBe(0)
})

test('a migration that is not known yet is looked for in the list', async () => {
  await query(landfall.db, "update landfall.walk set due_at = now() + interval '1 hour' where kind = 'look'")
  expect(await send(hintOf('new'))).toEqual([200, 'looked'])
  const [look] = await query(
    landfall.db,
    "select due_at <= now() as due from landfall.walk where kind = 'look'",
  )
  expect(look).toEqual({ due: true })
})

test('an account without a secret takes no hints, and no bearer token is asked for', async () => {
  expect(await send(hintOf('m1'), { account: 'nobody' })).toEqual([404, undefined])
})

test('hints that were false cost a tenth of the budget, however many come', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `m${index}`)
  await track(...ids)
  await query(landfall.db, "update landfall.migration set next_poll_at = now() + interval '1 hour'")
  await query(landfall.db, 'update landfall.budget set hint_credit = 0, hint_credit_at = now()')
  for (const id of ids) await send(hintOf(id))
  // Ten seconds of a budget of two a second, as far as the credit goes.
  await query(
    landfall.db,
    "update landfall.budget set hint_credit_at = now() - interval '10 s', full_at = now() - interval '1 hour'",
  )
  expect(await polls()).toBe(2)
  expect(await polls()).toBe(0)
  expect(await query(landfall.db, 'select from landfall.migration where by_hint')).toHaveLength(2)
})

test('a hint that came before the API shows the change is read for after 2, 5, 15 and 60 s, and then no more', async () => {
  await track('m1')
  await query(landfall.db, "update landfall.migration set next_poll_at = now() + interval '1 day'")
  expect(await send(hintOf('m1'))).toEqual([200, 'noted'])
  const made: number[] = []
  for (let second = 0; second <= 130; second += 1) {
    // As if the hint had come that long ago. All credit is there.
    await query(
      landfall.db,
      `update landfall.migration set last_get_at = last_get_at - (hinted_at - (now() - make_interval(secs => $1))),
        hinted_at = now() - make_interval(secs => $1), lease_until = null where hinted_at is not null`,
      [second],
    )
    await query(landfall.db, 'update landfall.budget set hint_credit = 2, full_at = now() - interval $$1 h$$')
    if ((await polls()) === 0) continue
    made.push(second)
    const now = new Date()
    await record(landfall.deps, landfall.account, [
      { ...seen('m1', 'WORKING', 0), requestedAt: now, receivedAt: now },
    ])
    await query(landfall.db, "update landfall.migration set next_poll_at = now() + interval '1 day'")
  }
  expect(made).toEqual([0, 2, 5, 15, 60])
  expect(await hinted()).toBe(0)
})

test('a hint is done with once a change shows', async () => {
  await track('m1')
  expect(await send(hintOf('m1'))).toEqual([200, 'noted'])
  await record(landfall.deps, landfall.account, [seen('m1', 'COMPLETE', 10, 'list')])
  expect(await hinted()).toBe(0)
})

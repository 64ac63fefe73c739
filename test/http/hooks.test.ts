import { request } from 'node:http'

import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { type Daemon, startDaemon } from '../../src/daemon.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { HOOK_SECRET, testAccount, testConfig, testHook, testLog } from '../support/daemon.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'
import { apiAt } from './api.ts'

const TOKEN = 'a token of some length'
const bearer = { authorization: `Bearer ${TOKEN}` }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let daemons: Daemon[]
let api: ReturnType<typeof apiAt>
let open: string
let closed: string
const receiver = createWebhookReceiver()

beforeAll(async () => {
  landfall = await createTestAccount()
  await receiver.start()
  const hooks = ['ops', 'team'].map((name) => testHook(receiver.url, { name }))
  const serving = { databaseUrl: landfall.url, hooks, roles: new Set(['serve'] as const) }
  const config = testConfig({ ...serving, accounts: [testAccount('http://127.0.0.1:1')] })
  daemons = [
    await startDaemon(config, testLog, () => undefined),
    await startDaemon({ ...config, apiToken: TOKEN }, testLog, () => undefined),
  ]
  ;[open, closed] = daemons.map(({ url }) => url ?? '') as [string, string]
  api = apiAt(open)
  await query(landfall.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
  await record(landfall.deps, landfall.account, [seen('m1', 'COMPLETE', 0), seen('m2', 'FAILED', 0)])
}, 60_000)
afterAll(async () => {
  for (const daemon of daemons) await daemon.stop()
  await Promise.all([landfall.close(), receiver.stop()])
})
beforeEach(async () => {
  receiver.requests.length = 0
  receiver.behave(() => ({}))
  await setState('delivered')
})

const setState = (state: string) =>
  query(landfall.db, 'update landfall.delivery set state = $1, next_attempt_at = null', [state])
const states = () =>
  query(landfall.db, 'select hook, state, count(*)::int as n from landfall.delivery group by 1, 2 order by 1')

describe('hooks', () => {
  test('are listed with how they do, and without a secret', async () => {
    await setState('dead')
    const { json, text } = await api('GET', '/hooks')
    expect(json.hooks).toMatchObject([
      { name: 'ops', kind: 'webhook', state: 'active', dead: 2, failures: 0, public_keys: [] },
      { name: 'team' },
    ])
    expect(text).not.toMatch(/whsec_|whsk_|127\.0\.0\.1/)
    expect((await api('GET', '/hooks/ops')).json.hook).toEqual(json.hooks[0])
  })

  test('are disabled, so that what comes is held, and enabled, so that it goes', async () => {
    await setState('pending')
    expect((await api('POST', '/hooks/ops/disable')).json).toEqual({ name: 'ops', state: 'disabled' })
    expect(await states()).toContainEqual({ hook: 'ops', state: 'held', n: 2 })
    const enabled = await api('POST', '/hooks/ops/enable')
    expect(enabled.json).toEqual({ name: 'ops', state: 'active', released: 2 })
    expect(await states()).toContainEqual({ hook: 'ops', state: 'pending', n: 2 })
  })

  test('are tested with a signed event of their own', async () => {
    const { json } = await api('POST', '/hooks/ops/test')
    expect(json).toMatchObject({
      name: 'ops',
      kind: 'accepted',
      status: 200,
      duration_ms: expect.any(Number),
    })
    const { body = '', headers } = receiver.requests[0] ?? {}
    const event = new Webhook(HOOK_SECRET).verify(body, headers as Record<string, string>)
    expect(event).toMatchObject({ id: json.event_id, type: 'hook.test', data: { hook: 'ops' } })
  })

  test('that do not accept a test say what they answered', async () => {
    receiver.behave(() => ({ status: 503, body: 'come back later' }))
    const { status, json } = await api('POST', '/hooks/ops/test')
    expect(status).toBe(200)
    expect(json).toMatchObject({ kind: 'refused', status: 503, excerpt: 'come back later' })
  })

  test('come with their deliveries, by state and number', async () => {
    await setState('dead')
    const all = (await api('GET', '/hooks/ops/deliveries')).json.deliveries
    expect(all.map((row: { migration_id: string }) => row.migration_id).sort()).toEqual(['m1', 'm2'])
    expect((await api('GET', '/hooks/ops/deliveries?limit=1&state=dead')).json.deliveries).toHaveLength(1)
    expect((await api('GET', '/hooks/ops/deliveries?state=held')).json.deliveries).toEqual([])
  })

  test.each([
    ['GET', '/hooks/nobody'],
    ['POST', '/hooks/nobody/test'],
    ['POST', '/hooks/nobody/enable'],
    ['POST', '/hooks/nobody/disable'],
    ['GET', '/hooks/nobody/deliveries'],
  ])('%s %s is a problem, as there is no such hook', async (method, path) => {
    const { status, json } = await api(method, path)
    expect(status).toBe(404)
    expect(json.detail).toBe('no hook is called nobody')
  })
})

describe('replays', () => {
  test('of one event go to every hook that wants it, under its id', async () => {
    const [{ event_id: id }] = (await api('GET', '/hooks/ops/deliveries')).json.deliveries
    const counted = (await api('POST', `/events/${id}/replay`, { dry_run: true })).json
    expect(counted).toMatchObject({ event_id: id, dry_run: true })
    expect(await states()).not.toContainEqual(expect.objectContaining({ state: 'pending' }))

    const sent = (await api('POST', `/events/${id}/replay`)).json
    expect(sent).toMatchObject({ dry_run: false, hooks: counted.hooks })
    expect(sent.hooks).toMatchObject([
      { hook: 'ops', delivered: 1 },
      { hook: 'team', delivered: 1 },
    ])
    const pending = (await api('GET', '/hooks/team/deliveries?state=pending')).json.deliveries
    expect(pending.map((row: { event_id: string }) => row.event_id)).toEqual([id])
  })

  test('of a range are counted first, and narrowed by type and hook', async () => {
    const range = { since: '2020-01-01T00:00:00Z', until: '2999-01-01T00:00:00+01:00' }
    const all = await api('POST', '/replays', { ...range, dry_run: true })
    expect(all.json).toMatchObject({ dry_run: true, hooks: [{ delivered: 2 }, { delivered: 2 }] })
    const narrow = { ...range, types: ['migration.failed'], hook: 'ops' }
    expect((await api('POST', '/replays', narrow)).json.hooks).toMatchObject([{ hook: 'ops', delivered: 1 }])
    expect(await states()).toContainEqual({ hook: 'ops', state: 'pending', n: 1 })
    expect(await states()).toContainEqual({ hook: 'team', state: 'delivered', n: 2 })
  })

  test('of the dead set only those going', async () => {
    await query(landfall.db, `update landfall.delivery set state = 'dead' where hook = 'team'`)
    expect((await api('POST', '/replays', { dead: true })).json.hooks).toMatchObject([
      { hook: 'team', dead: 2, delivered: 0 },
    ])
  })

  test.each<[body: unknown, status: number, detail: string]>([
    [{}, 400, 'say what to send again: since, until or dead'],
    [{ since: 'yesterday' }, 400, 'since: expected a time such as 2026-03-04T09:00:00Z'],
    [{ dead: true, types: ['migration.landed'] }, 400, 'types.0: '],
    [{ dead: true, dryrun: true }, 400, 'dryrun'],
    [{ dead: true, hook: 'nobody' }, 404, 'no hook is called nobody; there is ops, team'],
    ['{"since', 400, 'the body is no JSON'],
    ['[1]', 400, 'the body: '],
  ])('%j is refused', async (body, status, detail) => {
    const answer = await api('POST', '/replays', body)
    expect(answer.status).toBe(status)
    expect(answer.json.detail).toContain(detail)
  })

  test('of an event that is not there is a problem', async () => {
    const { status, json } = await api('POST', '/events/evt_nothing/replay')
    expect([status, json.detail]).toEqual([404, 'no hook wants an event evt_nothing'])
  })
})

describe('who may', () => {
  const paths: [string, string][] = [
    ['GET', '/hooks'],
    ['POST', '/hooks/ops/disable'],
    ['POST', '/replays'],
    ['POST', '/events/evt_1/replay'],
  ]

  test.each(paths)('%s %s needs the token', async (method, path) => {
    expect((await apiAt(closed)(method, path)).status).toBe(401)
    const wrong = { authorization: 'Bearer not the token' }
    expect((await apiAt(closed, wrong)(method, path)).status).toBe(401)
  })

  test('a page of another origin changes nothing, one of this server does', async () => {
    const foreign = apiAt(open, { origin: 'https://example.com' })
    expect((await foreign('POST', '/hooks/ops/disable')).status).toBe(403)
    expect((await api('GET', '/hooks/ops')).json.hook.state).toBe('active')
    expect((await apiAt(open, { origin: open })('POST', '/hooks/ops/enable')).status).toBe(200)
  })

  test('a name that somebody made to lead here changes nothing without the token', async () => {
    expect(await postAs('rebound.example.com', open, {})).toBe(403)
    expect(await postAs('localhost', open, {})).toBe(200)
    expect(await postAs('landfall.example.com', closed, bearer)).toBe(200)
  })
})

/** Under a host name of one's choice, which `fetch` does not allow. */
function postAs(host: string, base: string, headers: object): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const options = { method: 'POST', headers: { ...headers, host } }
  const posted = request(`${base}/api/v1/hooks/ops/enable`, options, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  posted.on('error', reject)
  posted.end()
  return promise
}

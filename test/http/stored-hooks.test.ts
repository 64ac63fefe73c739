import { createPublicKey, verify as verifySignature } from 'node:crypto'

import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import type { Config } from '../../src/config/config.ts'
import { startDaemon } from '../../src/daemon.ts'
import { capture } from '../runtime/capture-log.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { testAccount, testConfig, testHook } from '../support/daemon.ts'
import { type DaemonChild, startDaemonChild } from '../support/daemon-child.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { apiAt } from './api.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64')

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let config: Config
let api: ReturnType<typeof apiAt>
let stop: () => Promise<void>
let deliverer: DaemonChild
const serving = capture()
const receiver = createWebhookReceiver()
const other = createWebhookReceiver()

/** One process that serves, and another that delivers. */
beforeAll(async () => {
  landfall = await createTestAccount()
  await Promise.all([receiver.start(), other.start()])
  const hooks = [testHook('http://127.0.0.1:1/', { name: 'fixed', events: ['account.resumed'] })]
  const accounts = [testAccount('http://127.0.0.1:1')]
  config = testConfig({ databaseUrl: landfall.url, accounts, hooks, secretKey: KEY, logLevel: 'info' })
  const daemon = await startDaemon(only('serve'), serving.log, () => undefined)
  stop = () => daemon.stop()
  deliverer = startDaemonChild(only('deliver'))
  await deliverer.ready
  api = apiAt(daemon.url ?? '')
  await query(landfall.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
}, 60_000)
afterAll(async () => {
  await stop()
  await deliverer.kill()
  await Promise.all([landfall.close(), receiver.stop(), other.stop()])
})
beforeEach(async () => {
  receiver.requests.length = 0
  other.requests.length = 0
  for (const { name, source } of (await api('GET', '/hooks')).json.hooks) {
    if (source === 'stored') await thereToo(() => api('DELETE', `/hooks/${name}`))
  }
})

const only = (role: 'serve' | 'deliver'): Config => ({ ...config, roles: new Set([role]) })

/** Until the other process has heard of it. */
async function thereToo<T>(change: () => Promise<T>): Promise<T> {
  const count = () => deliverer.errors().split('hooks.changed').length
  const before = count()
  const changed = await change()
  await waitFor(() => count() > before, { what: 'the other process to know', timeoutMs: 10_000 })
  return changed
}

let ended = 0
/** Another migration ends. */
const tell = () => {
  ended += 1
  return record(landfall.deps, landfall.account, [seen(`m${ended}`, 'COMPLETE', ended)])
}

async function add(change: object = {}): Promise<{ name: string; secret: string; public_key: string }> {
  const body = { name: 'ops', url: receiver.url, ...change }
  const { status, json } = await thereToo(() => api('POST', '/hooks', body))
  expect(status).toBe(201)
  return json
}

const arrived = (at: WebhookReceiver, count: number) =>
  waitFor(() => at.requests.length >= count && at.requests.at(-1), {
    what: `${count} events`,
    timeoutMs: 20_000,
  })

const accepts = (secret: string, { body, headers }: WebhookReceiver['requests'][number]) => {
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>) !== null
  } catch {
    return false
  }
}

describe('a stored hook', () => {
  test('gets events from another process that was running before it, signed with the secret told once', async () => {
    const { secret, public_key } = await add()
    expect([secret, public_key]).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/), null])
    await tell()

    const request = await arrived(receiver, 1)
    expect(accepts(secret, request)).toBe(true)
    expect(JSON.parse(request.body)).toMatchObject({ type: 'migration.completed', specversion: '1.0' })
  })

  test('signs with an ed25519 pair where that is asked for', async () => {
    const { public_key } = await add({ signing: 'pair', format: 'standard' })
    await tell()

    const { body, headers } = await arrived(receiver, 1)
    const x = Buffer.from(public_key.slice('whpk_'.length), 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    const signature = Buffer.from(String(headers['webhook-signature']).replace('v1a,', ''), 'base64')
    expect(verifySignature(null, signed, key, signature)).toBe(true)
    expect((await api('GET', '/hooks/ops')).json.hook.public_keys).toEqual([public_key])
  })

  test('is altered while it runs', async () => {
    await add()
    const change = { url: other.url, events: ['migration.failed'] }
    const altered = await thereToo(() => api('PATCH', '/hooks/ops', change))
    expect([altered.status, altered.json]).toEqual([200, { name: 'ops' }])
    expect((await api('GET', '/hooks/ops')).json.hook.events).toEqual(['migration.failed'])
    await tell()
    ended += 1
    await record(landfall.deps, landfall.account, [seen(`m${ended}`, 'FAILED', ended)])
    await waitFor(() => other.requests.some(({ body }) => body.includes('migration.failed')), {
      what: 'it there',
      timeoutMs: 20_000,
    })
    expect(receiver.requests).toEqual([])
  })

  test('signs with the old secret too while it rotates, and with the new one alone after', async () => {
    const first = await add()
    const second = (await thereToo(() => api('POST', '/hooks/ops/rotate', { overlap: '1h' }))).json
    await tell()
    const both = await arrived(receiver, 1)
    expect([accepts(first.secret, both), accepts(second.secret, both)]).toEqual([true, true])

    const third = (await api('POST', '/hooks/ops/rotate', { overlap: '0' })).json
    await api('POST', '/hooks/ops/test')
    const one = await arrived(receiver, 2)
    expect([first, second, third].map(({ secret }) => accepts(secret, one))).toEqual([false, false, true])
  })

  test('that was removed gets nothing more, and its name is free', async () => {
    await add()
    await api('POST', '/hooks/ops/disable')
    await tell()
    expect((await api('DELETE', '/hooks/ops')).status).toBe(204)
    expect((await api('GET', '/hooks/ops')).status).toBe(404)
    const rows = await query(
      landfall.db,
      `select state, last_error from landfall.delivery where hook = 'ops' and state <> 'delivered' and last_error is not null`,
    )
    expect(rows).toContainEqual({ state: 'dead', last_error: 'the hook was removed' })

    const { secret } = await add({ url: other.url })
    await tell()
    expect(accepts(secret, await arrived(other, 1))).toBe(true)
    expect([receiver.requests.length, other.requests.length]).toEqual([0, 1])
  })

  test('of kind slack posts readable messages, and has no secret', async () => {
    expect(await add({ name: 'team', kind: 'slack' })).toEqual({
      name: 'team',
      secret: null,
      public_key: null,
    })
    await tell()
    expect(JSON.parse((await arrived(receiver, 1)).body)).toHaveProperty('blocks')
  })
})

describe('what is refused', () => {
  test.each<[body: object, status: number, detail: string]>([
    [{ name: 'fixed', url: 'https://example.com' }, 409, 'a hook is called fixed already'],
    [{ name: 'Not this', url: 'https://example.com' }, 400, 'name: expected a name of a-z'],
    [{ name: 'x', url: 'ftp://example.com' }, 400, "url: a hook's URL must start with https://"],
    [{ name: 'x', url: 'https://u:hunter2@example.com' }, 400, 'no user name or password'],
    [{ name: 'x', url: 'https://example.com', events: ['migration.landed'] }, 400, 'events.0'],
    [{ name: 'x', url: 'https://example.com', secret: 'whsec_hunter2' }, 400, 'secret'],
    [{ name: 'x', kind: 'command', command: ['/bin/sh'] }, 400, 'kind: expected webhook or slack'],
    [{}, 400, 'name'],
  ])('%j', async (body, status, detail) => {
    const answer = await api('POST', '/hooks', body)
    expect([answer.status, answer.json.status]).toEqual([status, status])
    expect(answer.json.detail).toContain(detail)
    expect(answer.text).not.toContain('hunter2')
  })

  test('a name twice, also where both come at once', async () => {
    const body = { name: 'ops', url: receiver.url }
    const answers = await Promise.all([1, 2, 3].map(() => api('POST', '/hooks', body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })

  test.each([
    ['PATCH', '/hooks/fixed'],
    ['POST', '/hooks/fixed/rotate'],
    ['DELETE', '/hooks/fixed'],
  ])('%s %s, as it stands in the configuration', async (method, path) => {
    const { status, json } = await api(method, path)
    expect(status).toBe(409)
    expect(json.detail).toBe('hook fixed stands in the configuration: alter it there, and restart')
  })

  test.each(['31d', 'soon', '-1h'])('an overlap of %s', async (overlap) => {
    await add()
    expect((await api('POST', '/hooks/ops/rotate', { overlap })).status).toBe(400)
  })
})

describe('after a restart', () => {
  async function restart(change: Partial<Config>) {
    const { log, output } = capture()
    const daemon = await startDaemon({ ...config, ...change }, log, () => undefined)
    onTestFinished(() => daemon.stop())
    return { api: apiAt(daemon.url ?? ''), output }
  }

  test('it is there, with the same secret', async () => {
    const { secret } = await add()
    const again = await restart({ roles: new Set(['serve']) })
    await again.api('POST', '/hooks/ops/test')
    expect(accepts(secret, await arrived(receiver, 1))).toBe(true)
  })

  test.each([
    ['another key', OTHER_KEY, 'LANDFALL_SECRET_KEY is not the key that hook ops was stored with'],
    ['no key', null, 'set LANDFALL_SECRET_KEY'],
  ])('with %s the daemon runs, says so, and keeps the events', async (_, secretKey, reason) => {
    await add()
    const { api: broken, output } = await restart({ roles: new Set(['serve']), secretKey })
    expect(output()).toContain('hook.unreadable')
    expect(output()).toContain(reason)
    expect((await broken('POST', '/hooks/ops/test')).status).toBe(409)
    expect((await broken('PATCH', '/hooks/ops', {})).json.detail).toContain(reason)
    expect((await broken('POST', '/hooks/ops/rotate')).json.detail).toContain(reason)
    expect((await broken('GET', '/hooks/ops')).json.hook).toMatchObject({ state: 'active', failures: 0 })
    if (secretKey === null) {
      const refused = await broken('POST', '/hooks', { name: 'more', url: receiver.url })
      expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('openssl rand')])
    }
    expect((await broken('DELETE', '/hooks/ops')).status).toBe(204)
  })

  test('a configuration that names a stored hook is refused with what to do', async () => {
    await add()
    const hooks = [testHook(receiver.url, { name: 'ops' })]
    const starting = startDaemon({ ...only('serve'), hooks }, capture().log, () => undefined)
    await expect(starting).rejects.toThrow(/already: ops\. .*landfall hooks remove NAME/)
  })
})

test('secrets and addresses are told by nothing else, and do not stand in the database', async () => {
  const url = `${receiver.url}/a-path-that-is-a-secret`
  const { secret } = await add({ url })
  const rotated = (await api('POST', '/hooks/ops/rotate')).json.secret
  receiver.behave(() => ({ status: 500, body: `you sent ${secret} ${rotated}` }))
  onTestFinished(() => receiver.behave(() => ({})))
  await tell()
  await arrived(receiver, 1)
  const failed = `select 1 from landfall.delivery where last_error is not null and hook = 'ops' and state = 'pending'`
  await waitFor(async () => (await query(landfall.db, failed)).length > 0, {
    what: 'the failure',
    timeoutMs: 20_000,
  })
  const seenAnywhere = [
    (await api('GET', '/hooks')).text,
    (await api('GET', '/hooks/ops/deliveries')).text,
    (await api('POST', '/hooks', { name: 'ops', url })).text,
    JSON.stringify(await query(landfall.db, 'select * from landfall.hook')),
    JSON.stringify(await query(landfall.db, 'select * from landfall.delivery')),
    JSON.stringify(await query(landfall.db, 'select * from landfall.event')),
    serving.output(),
    deliverer.errors(),
  ].join('\n')
  for (const hidden of [secret, rotated, KEY, 'a-path-that-is-a-secret'])
    expect(seenAnywhere).not.toContain(hidden)
  expect(deliverer.errors()).toContain('hooks.changed')
})

import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

import type { HttpServerOptions } from '../../src/http/server.ts'
import { insertApiToken, removeApiToken } from '../../src/store/api-tokens.ts'
import { createTestAccount, query } from '../support/account.ts'
import { apiAt } from './api.ts'
import { createApi } from './serve.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount()
})
afterEach(() => landfall.close())

async function serve(change: Partial<HttpServerOptions> = {}): Promise<string> {
  const server = createApi(landfall, change)
  await server.start()
  onTestFinished(() => server.stop())
  return server.url()
}

const add = (name: string, scope: 'read' | 'operate') =>
  insertApiToken(landfall.db, { name, scope, token: `the token ${name}` })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('as long as there is no token everybody on this machine is in; with the first one nobody else is', async () => {
  const url = await serve()
  const open = await apiAt(url)('GET', '/session')
  expect(open.json).toEqual({ scope: 'operate', token_required: false, version: '0' })
  await add('ops', 'operate')
  expect((await apiAt(url)('GET', '/session')).status).toBe(401)
  const known = await apiAt(url, bearer('the token ops'))('GET', '/session')
  expect(known.json).toMatchObject({ scope: 'operate', token_required: true })
  await removeApiToken(landfall.db, 'ops')
  expect((await apiAt(url)('GET', '/session')).status).toBe(200)
})

test('a token of scope read looks and changes nothing, one of scope operate does both', async () => {
  await add('look', 'read')
  await add('ops', 'operate')
  const url = await serve({ apiToken: 'the one of the configuration' })
  const tryWith = async (token: string) => {
    const api = apiAt(url, bearer(token))
    return [await api('GET', '/stats'), await api('POST', '/accounts/acme/resume')].map(
      ({ status }) => status,
    )
  }
  expect(await tryWith('the token look')).toEqual([200, 403])
  expect(await tryWith('the token ops')).toEqual([200, 404])
  expect(await tryWith('the one of the configuration')).toEqual([200, 404])
  expect(await tryWith('another')).toEqual([401, 401])
})

test('a browser sends a token as the password of any name', async () => {
  await add('look', 'read')
  const url = await serve()
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  expect((await apiAt(url, basic('me:the token look'))('GET', '/session')).json.scope).toBe('read')
  expect((await apiAt(url, basic('me:another'))('GET', '/session')).status).toBe(401)
})

test('of tokens only hashes are stored, with the minute of the last use', async () => {
  await add('look', 'read')
  const url = await serve()
  await apiAt(url, bearer('the token look'))('GET', '/session')
  const rows = await query(landfall.db, 'select * from landfall.api_token')
  expect(rows).toMatchObject([{ name: 'look', scope: 'read', last_used_at: expect.any(Date) }])
  expect(JSON.stringify(rows)).not.toContain('the token')
})

test('who asks too often is told when to go on, each token by itself', async () => {
  await add('look', 'read')
  await add('ops', 'operate')
  const url = await serve({ requestsPerMinute: 3 })
  const ask = (token: string) =>
    fetch(`${url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } })
  for (const _ of [1, 2, 3]) expect((await ask('the token look')).status).toBe(200)
  const refused = await ask('the token look')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ status: 429, title: 'Too many requests' })
  expect((await ask('the token ops')).status).toBe(200)
})

test('who tries token after token is turned away', async () => {
  const url = await serve({ apiToken: 'a token of some length' })
  const statuses: number[] = []
  for (let n = 0; n < 62; n++)
    statuses.push((await apiAt(url, bearer(`guess ${n}`))('GET', '/session')).status)
  expect([...new Set(statuses)]).toEqual([401, 429])
  expect((await apiAt(url, bearer('a token of some length'))('GET', '/session')).status).toBe(200)
})

test('what has not changed is not sent again, and what changes something is always done', async () => {
  const url = await serve()
  const get = (headers: Record<string, string>) => fetch(`${url}/api/v1/accounts`, { headers })
  const first = await get({})
  const etag = first.headers.get('etag') ?? ''
  const second = await get({ 'if-none-match': etag })
  expect([etag.length > 10, second.status, await second.text()]).toEqual([true, 304, ''])
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  expect((await get({ 'if-none-match': etag })).status).toBe(200)
  const posted = await fetch(`${url}/api/v1/migrations/acme/m/poll`, {
    method: 'POST',
    headers: { 'if-none-match': etag },
  })
  expect(posted.status).toBe(404)
})

test('no other origin is let in by a browser', async () => {
  const url = await serve()
  const response = await fetch(`${url}/api/v1/stats`, { headers: { origin: 'https://example.com' } })
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const preflight = await fetch(`${url}/api/v1/replays`, {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
  })
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([404, null])
})

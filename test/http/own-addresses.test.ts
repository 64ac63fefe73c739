import { request } from 'node:http'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { HttpServerOptions } from '../../src/http/server.ts'
import { capture } from '../runtime/capture-log.ts'
import { createTestAccount } from '../support/account.ts'
import { createApi } from './serve.ts'

const PUBLIC_URL = 'https://ops.example.com/landfall'
const TOKEN = 'a token of some length'
const bearer = { authorization: `Bearer ${TOKEN}` }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
const servers: ReturnType<typeof createApi>[] = []
/** Without a token; the same, with a public URL; with a token. */
let open: string
let named: string
let closed: string
const namedLog = capture()

beforeAll(async () => {
  landfall = await createTestAccount({ hooks: [{ name: 'ops', kind: 'webhook', events: [] }] })
  const serve = async (change: Partial<HttpServerOptions>) => {
    const server = createApi(landfall, change)
    await server.start()
    servers.push(server)
    return server.url()
  }
  open = await serve({})
  named = await serve({ publicUrl: PUBLIC_URL, log: namedLog.log })
  closed = await serve({ apiToken: TOKEN })
}, 60_000)
afterAll(async () => {
  for (const server of servers) await server.stop()
  await landfall.close()
})

interface Answer {
  readonly status: number | undefined
  readonly location: string | undefined
  readonly text: string
}

/** With any `Host`, which `fetch` does not allow. */
function ask(base: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asked = request(`${base}${path}`, { method, headers }, (response) => {
    const { statusCode: status, headers: given } = response
    const answer = (text: string) => resolve({ status, location: given.location, text })
    if (given['content-type']?.startsWith('text/event-stream')) {
      response.destroy()
      return answer('')
    }
    response.toArray().then((chunks) => answer(Buffer.concat(chunks).toString()), reject)
  })
  asked.on('error', reject)
  asked.end()
  return promise
}

const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status
const SESSION = '/api/v1/session'
const DISABLE = '/api/v1/hooks/ops/disable'

describe('without a token', () => {
  test.each(['/', SESSION, '/api/v1/events', '/api/v1/events/stream', '/metrics', '/openapi.json', '/queue'])(
    'a name that somebody made to lead here reads nothing at %s',
    async (path) => {
      const foreign = await ask(open, path, { host: 'rebound.example.com:4600' })
      expect([foreign.status, foreign.text]).toEqual([403, expect.stringContaining('LANDFALL_PUBLIC_URL')])
      expect(await statusOf(open, path)).toBe(200)
    },
  )

  test.each(['/livez', '/readyz'])('%s answers under every name, for probes', async (path) => {
    expect(await statusOf(open, path, { host: '10.4.0.7:4600' })).toBe(200)
  })

  test.each([
    'localhost',
    'LOCALHOST:1',
    'localhost.:4600',
    'landfall.localhost',
    '127.0.0.1',
    '127.9.9.9:80',
    '[::1]:4600',
    '[::ffff:127.0.0.1]',
  ])('%s is this machine', async (host) => {
    expect(await statusOf(open, SESSION, { host })).toBe(200)
  })

  test.each([
    'localhost.example.com',
    '127.0.0.1.nip.io',
    'notlocalhost',
    '0.0.0.0:4600',
    '192.168.0.7',
    '[fd00::1]',
    'ops.example.com',
    'localhost@rebound.example.com',
    'localhost/rebound.example.com',
  ])('%s is not', async (host) => {
    expect(await statusOf(open, SESSION, { host })).toBe(403)
  })

  test.each(['ops.example.com', 'OPS.example.com:8443', 'ops.example.com.'])(
    '%s is, where it is in the public URL, and other names are not',
    async (host) => {
      expect(await statusOf(named, SESSION, { host })).toBe(200)
      expect(await statusOf(named, SESSION, { host: `x.${host}` })).toBe(403)
      expect(await statusOf(named, SESSION)).toBe(200)
    },
  )

  test.each<[string, Record<string, string>]>([
    ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.9' }],
    ['X-Forwarded-For that begins with a loopback address', { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }],
    ['X-Forwarded-For with a port', { 'x-forwarded-for': '203.0.113.9:4711' }],
    ['X-Real-IP', { 'x-real-ip': '10.0.0.9' }],
    ['Forwarded', { forwarded: 'for=127.0.0.1, proto=https;for="[2001:db8::1]:4711"' }],
    ['Forwarded of nobody known', { forwarded: 'for=unknown' }],
  ])('what a proxy forwards from another machine needs one: %s', async (_, headers) => {
    const refused = await ask(named, SESSION, headers)
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('Set LANDFALL_API_TOKEN')])
  })

  test.each([
    { 'x-forwarded-for': '127.0.0.1, ::1, 127.0.0.1:4711, [::1]:4711' },
    { forwarded: 'for="[::1]:4711";proto=https', 'x-real-ip': '127.0.0.1' },
    { 'x-forwarded-host': 'localhost:8080', 'x-forwarded-proto': 'https', 'x-forwarded-for': '' },
  ])('what a proxy forwards from this machine does not: %o', async (headers) => {
    expect(await statusOf(open, SESSION, headers)).toBe(200)
  })

  test('a forwarded name opens nothing, and a foreign one closes', async () => {
    const own = { 'x-forwarded-host': 'localhost' }
    expect(await statusOf(open, SESSION, { ...own, host: 'rebound.example.com' })).toBe(403)
    expect(await statusOf(open, SESSION, { 'x-forwarded-host': 'rebound.example.com' })).toBe(403)
  })

  test('a public URL of another machine is warned of in the log', () => {
    expect(namedLog.fields().filter(({ msg }) => msg === 'http.open')).toMatchObject([
      { publicUrl: PUBLIC_URL },
    ])
  })
})

test('a token lets in under every name, and through every proxy', async () => {
  const headers = { host: 'landfall.example.com', 'x-forwarded-for': '203.0.113.9', ...bearer }
  expect(await statusOf(closed, SESSION, headers)).toBe(200)
  expect(await statusOf(closed, DISABLE, headers, 'POST')).toBe(200)
})

test('who sends no token is asked for one, however many wrong ones come through the same proxy', async () => {
  const forged = (n: number) => ({ authorization: 'Bearer a guess', 'x-forwarded-for': `203.0.113.${n}` })
  const statuses = []
  for (let n = 0; n < 62; n++) statuses.push(await statusOf(closed, SESSION, forged(n)))
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429])
  expect(await statusOf(closed, SESSION)).toBe(401)
  expect(await statusOf(closed, SESSION, bearer)).toBe(200)
})

describe('a page may change something', () => {
  const post = (base: string, headers: Record<string, string>) => statusOf(base, DISABLE, headers, 'POST')
  const same = { 'sec-fetch-site': 'same-origin' }

  test.each<[string, Record<string, string>]>([
    ['of the public URL, where the proxy changes Host', { origin: 'https://ops.example.com' }],
    ['of the address asked for', { origin: 'http://localhost:4600', host: 'localhost:4600' }],
    [
      'where the proxy adds the default port',
      { origin: 'https://ops.example.com', host: 'ops.example.com:443' },
    ],
    ['of another port of this machine, as the browser says', { origin: 'http://127.0.0.1:8080', ...same }],
  ])('%s', async (_, headers) => {
    expect(await post(named, headers)).toBe(200)
  })

  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example.com' }],
    ['the public name without TLS', { origin: 'http://ops.example.com' }],
    ['another port of the public name', { origin: 'https://ops.example.com:8443' }],
    ['a name that begins like the public one', { origin: 'https://ops.example.com.evil.test' }],
    ['no origin that can be told', { origin: 'null' }],
    ['another server of this machine', { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-site' }],
    ['a rebound name, behind a proxy that changes Host', { origin: 'https://evil.example.com', ...same }],
    [
      'another origin that a forwarded header names',
      { origin: 'https://evil.example.com', 'x-forwarded-host': 'evil.example.com' },
    ],
  ])('but not of %s', async (_, headers) => {
    expect(await post(named, headers)).toBe(403)
  })

  test('with a token, of the origin it was loaded from, as the browser says, and of no other', async () => {
    const origin = 'https://landfall.example.com'
    expect(await post(closed, { ...bearer, origin, ...same })).toBe(200)
    expect(await post(closed, { ...bearer, origin, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await post(closed, { ...bearer, origin })).toBe(403)
  })
})

describe('below a path', () => {
  test('everything is there whether or not the proxy cuts the path off', async () => {
    for (const base of ['', '/landfall']) {
      expect((await ask(named, `${base}/`)).text).toContain('<title>Landfall</title>')
      expect(await statusOf(named, `${base}${SESSION}`)).toBe(200)
      expect((await ask(named, `${base}/queue`)).text).toContain('<base href="/landfall/queue/"')
    }
    expect(await statusOf(named, '/landfallx/')).toBe(404)
    expect(await statusOf(open, `/landfall${SESSION}`)).toBe(404)
  })

  test('the path alone leads to the page, and the API says where it is', async () => {
    expect(await ask(named, '/landfall')).toMatchObject({ status: 308, location: '/landfall/' })
    expect(JSON.parse((await ask(named, '/openapi.json')).text).servers).toEqual([{ url: PUBLIC_URL }])
  })
})

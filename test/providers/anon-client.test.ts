import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createAnonProvider } from '../../src/providers/anon/client.ts'
import type { ListedProvider } from '../../src/providers/provider.ts'
import { createProvider } from '../../src/providers/registry.ts'
import { always, json, KEY, serve, type TestServer } from './server.ts'

const never = new AbortController().signal

function open(
  server: TestServer,
  options: Partial<Parameters<typeof createAnonProvider>[0]> = {},
): ListedProvider {
  const provider = createAnonProvider({ apiKey: KEY, baseUrl: server.origin, ...options })
  onTestFinished(() => provider.close())
  return provider
}

const migration = (id: string, change: object = {}) => ({
  object: 'migration',
  id,
  created: '2025-12-02T23:51:49.807119',
  status: 'WORKING',
  created_by_user_id: 'u-1',
  company_id: null,
  ...change,
})
const many = (n: number) => Array.from({ length: n }, (_, i) => migration(`m${i}`))
const unusable = (reason: string, passing = false) => ({ kind: 'unusable', reason, passing })

/** A provider of lists: its first page has number `base`, and it clamps the page size. */
async function serveList(
  all: object[],
  base: 0 | 1,
  clamp = 100,
  envelope = (list: object[]): unknown => list,
) {
  return await serve((_req, res, { query }) => {
    const size = Math.min(Number(query.get('page_size') ?? 10), clamp)
    const page = Number(query.get('page') ?? base) - base
    if (page < 0) res.writeHead(400).end()
    else json(res, envelope(all.slice(page * size, (page + 1) * size)))
  })
}

const pagesAsked = (server: TestServer) => server.asked.map(({ query }) => query.get('page'))

describe('get', () => {
  test('reads one migration, with the key as bearer', async () => {
    const server = await serve((_req, res) => json(res, migration('a1', { steps: 4 })))
    expect(await open(server).get('a1', never)).toEqual({
      kind: 'ok',
      value: {
        migrationId: 'a1',
        status: 'WORKING',
        phase: 'running',
        createdAt: '2025-12-02T23:51:49.807119Z',
        companyId: null,
        createdByUserId: 'u-1',
        attributes: { steps: 4 },
      },
    })
    expect(server.asked[0]).toMatchObject({ method: 'GET', path: '/api/v1/migrations/a1' })
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  test('never takes another migration for the one asked for', async () => {
    const server = await serve((_req, res) => json(res, migration('a2')))
    expect(await open(server).get('a1', never)).toEqual(unusable('the body is another migration'))
  })

  test.each(['a/b', 'a?page=1', 'a#b', '%2e%2e', 'ü ñ', '../x', 'a\\..\\b', ';', 'a+b'])(
    'asks for exactly the id %s',
    async (id) => {
      const server = await serve((_req, res, { path }) =>
        json(res, migration(decodeURIComponent(path.replace('/api/v1/migrations/', '')))),
      )
      expect(await open(server).get(id, never)).toMatchObject({ kind: 'ok', value: { migrationId: id } })
      expect(server.asked[0]?.query.size).toBe(0)
    },
  )

  test.each(['.', '..', '', '\ud800'])(
    'sends nothing for an id that no address can carry: %j',
    async (id) => {
      const server = await serve(always(200, '{}'))
      expect(await open(server).get(id, never)).toEqual(unusable('the id cannot be part of an address'))
      expect(server.connections()).toBe(0)
    },
  )

  test.each([
    [404, { kind: 'missing' }],
    [410, { kind: 'missing' }],
    [401, { kind: 'refused', statusCode: 401 }],
    [429, { kind: 'throttled', statusCode: 429, retryAfterMs: 5_000 }],
    [503, { kind: 'throttled', statusCode: 503, retryAfterMs: 5_000 }],
    [500, unusable('answered 500', true)],
  ])('passes %i on', async (status, answer) => {
    const server = await serve(always(status, '{"status":"FAILED"}', { 'retry-after': '5' }))
    expect(await open(server).get('a1', never)).toEqual(answer)
    expect(server.asked).toHaveLength(1)
  })

  test('knows the statuses that the account adds, and those it sees differently', async () => {
    const server = await serve((_req, res) => json(res, migration('a1', { status: 'PAUSED' })))
    const statusMap = { PAUSED: 'needs_input', FAILED: 'partial' } as const
    const provider = open(server, { statusMap })
    expect(await provider.get('a1', never)).toMatchObject({
      value: { status: 'PAUSED', phase: 'needs_input' },
    })
    expect(provider.statusMap).toMatchObject({ ...statusMap, COMPLETE: 'succeeded' })
  })

  test('stops when it is told to', async () => {
    const server = await serve(() => undefined)
    expect(await open(server).get('a1', AbortSignal.abort())).toEqual(unusable('stopped'))
  })
})

describe('list', () => {
  test.each([
    ['a bare array', (list: object[]) => list],
    ['data', (data: object[]) => ({ data, has_more: false })],
    ['items', (items: object[]) => ({ items, total: 2 })],
    ['results', (results: object[]) => ({ results, next: null })],
    ['migrations', (migrations: object[]) => ({ migrations, page: 1, page_size: 10 })],
    ['another name', (payload: object[]) => ({ ok: [], payload })],
  ])('finds the migrations in %s', async (_name, envelope) => {
    const server = await serveList(many(2), 1, 100, envelope)
    const answer = await open(server).list(0, 10, never)
    expect(answer).toMatchObject({ kind: 'ok', value: { page: 0, size: 2, malformed: 0 } })
    expect(answer).toMatchObject({ value: { readings: [{ migrationId: 'm0' }, { migrationId: 'm1' }] } })
  })

  test.each([
    [0 as const, [0, 1, 2, 3], [null, '1', '2', '3']],
    [1 as const, [0, 0, 0, 1], [null, '1', null, '2']],
  ])('learns that the first page is called %i, one request per call', async (base, really, numbers) => {
    const server = await serveList(many(9), base)
    const provider = open(server)
    const pages: number[] = []
    let next = 0
    for (let call = 0; call < 4; call += 1) {
      const answer = await provider.list(next, 3, never)
      if (answer.kind !== 'ok') throw new Error(answer.kind)
      pages.push(answer.value.page)
      expect(answer.value.readings[0]?.migrationId).toBe(
        answer.value.size === 0 ? undefined : `m${answer.value.page * 3}`,
      )
      if (answer.value.page === next) next += 1
    }
    expect(pages).toEqual(really)
    expect(pagesAsked(server)).toEqual(numbers)
  })

  test('tells the real size of a clamped page', async () => {
    const server = await serveList(many(50), 0, 20)
    expect(await open(server).list(0, 100, never)).toMatchObject({ value: { size: 20, hasMore: null } })
    expect(server.asked[0]?.query.get('page_size')).toBe('100')
  })

  test('learns nothing from a failure', async () => {
    let failing = true
    const list = many(9)
    const server = await serve((_req, res, { query }) => {
      const page = Number(query.get('page') ?? 1) - 1
      if (failing && query.has('page')) res.writeHead(500).end()
      else json(res, list.slice(page * 3, page * 3 + 3))
    })
    const provider = open(server)
    await provider.list(0, 3, never)
    expect(await provider.list(1, 3, never)).toEqual(unusable('answered 500', true))
    failing = false
    expect(await provider.list(1, 3, never)).toMatchObject({ value: { page: 0 } })
    expect(await provider.list(1, 3, never)).toMatchObject({ value: { page: 0 } })
    expect(await provider.list(1, 3, never)).toMatchObject({
      value: { page: 1, readings: [{ migrationId: 'm3' }, {}, {}] },
    })
  })

  test.each([404, 410])('is never missing: %i makes it unusable', async (status) => {
    const server = await serve(always(status, ''))
    expect(await open(server).list(0, 10, never)).toEqual(unusable('there is no list at the address'))
  })

  test('names the fields of a body without a list, but not what they hold', async () => {
    const server = await serve(always(200, '{"error":"SECRET","detail":{"id":1}}'))
    const reason = "no list among the body's fields (error, detail)"
    expect(await open(server).list(0, 10, never)).toEqual(unusable(reason))
  })

  test.each([
    [403, '', { kind: 'refused', statusCode: 403 }],
    [429, '', { kind: 'throttled', statusCode: 429, retryAfterMs: null }],
    [502, '<html>', unusable('answered 502', true)],
    [200, '<html></html>', unusable('body is not JSON (application/json, 13 B)')],
    [200, '[{"id":"m0"', unusable('body is not JSON (application/json, 11 B)')],
  ])('passes %i %s on', async (status, body, answer) => {
    const server = await serve(always(status, body))
    expect(await open(server).list(0, 10, never)).toEqual(answer)
  })
})

test('whatever JSON a server sends, the client answers, and never with a reading that has no id or status', async () => {
  let body = ''
  const server = await serve((_req, res) => res.writeHead(200).end(body))
  const provider = open(server)
  const near = fc.record({ id: fc.jsonValue(), status: fc.jsonValue() }, { requiredKeys: [] })
  const value = fc.oneof(fc.jsonValue(), near, fc.array(near), fc.record({ data: fc.array(near) }))
  await fc.assert(
    fc.asyncProperty(value, fc.nat(5), async (anything, page) => {
      body = JSON.stringify(anything)
      const got = await provider.get('a1', never)
      const listed = await provider.list(page, 10, never)
      const readings = [
        ...(got.kind === 'ok' ? [got.value] : []),
        ...(listed.kind === 'ok' ? listed.value.readings : []),
      ]
      for (const { migrationId, status } of readings) {
        expect(typeof migrationId === 'string' && migrationId !== '').toBe(true)
        expect(typeof status === 'string' && status !== '').toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('the registry creates the providers it knows and refuses others by name', async () => {
  const server = await serve((_req, res) => json(res, migration('a1')))
  const provider = createProvider('anon', { apiKey: KEY, baseUrl: server.origin })
  onTestFinished(() => provider.close())
  expect(provider.kind).toBe('anon')
  expect(await provider.get('a1', never)).toMatchObject({ kind: 'ok' })
  for (const kind of ['verne', 'toString']) {
    expect(() => createProvider(kind, { apiKey: KEY, baseUrl: server.origin })).toThrow(
      `no provider "${kind}"; there is anon, vern, generic`,
    )
  }
})

import { describe, expect, test } from 'vitest'
import { idsOf, plainLives, START, startSimulator } from './support.ts'

const LIST = '/api/v1/migrations'

describe('a migration on the wire', () => {
  test('has the documented fields, a zone-less time in microseconds, and at times one more field', async () => {
    const { list } = await startSimulator({ migrations: 100, aliveShare: 1 })
    const page = await list('?page_size=100')
    expect(page).toHaveLength(100)
    for (const one of page) {
      expect(one.object).toBe('migration')
      expect(one.created).toMatch(/^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
      expect(typeof one.created_by_user_id).toBe('string')
    }
    expect(page.some((one) => !one.created.endsWith('000'))).toBe(true)
    expect(page.some((one) => one.company_id === null)).toBe(true)
    expect(page.some((one) => typeof one.company_id === 'string')).toBe(true)
    expect(new Set(page.map((one) => 'source_provider' in one)).size).toBe(2)
  })

  test('is the same in list and get, and in the truth', async () => {
    const { list, get, simulator } = await startSimulator({ migrations: 5, aliveShare: 1 })
    for (const one of await list()) {
      expect(await get(one.id)).toEqual(one)
      expect(simulator.truth().find(({ id }) => id === one.id)).toMatchObject({
        createdAt: `${one.created}Z`,
        status: one.status,
        companyId: one.company_id,
      })
    }
  })

  test('has whole seconds with a zone in the other time style', async () => {
    const { get, simulator } = await startSimulator({ lives: plainLives(1), timeStyle: 'z' })
    expect((await get('m0')).created).toBe('2026-03-04T09:00:00Z')
    expect(simulator.truth()[0]?.createdAt).toBe('2026-03-04T09:00:00Z')
  })
})

describe('pages', () => {
  const lives = plainLives(25)

  test('hold ten where nothing is asked, and together hold everything once', async () => {
    const { list } = await startSimulator({ lives })
    const pages = [await list(), await list('?page=2'), await list('?page=3'), await list('?page=4')]
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5, 0])
    expect(new Set(idsOf(pages.flat())).size).toBe(25)
  })

  test('count from 1 or from 0', async () => {
    const one = await startSimulator({ lives, pageBase: 1 })
    expect(await one.list('?page=1')).toEqual(await one.list())
    expect(await one.list('?page=0')).toEqual(await one.list())
    const zero = await startSimulator({ lives, pageBase: 0 })
    expect(await zero.list('?page=0')).toEqual(await zero.list())
    expect(await zero.list('?page=1')).toEqual(await one.list('?page=2'))
  })

  test('page 0 of pages that count from 1 may also be refused, or empty', async () => {
    const refusing = await startSimulator({ lives, pageZero: 'bad_request' })
    expect((await refusing.ask(`${LIST}?page=0`)).status).toBe(400)
    const empty = await startSimulator({ lives, pageZero: 'empty' })
    expect(await empty.list('?page=0')).toEqual([])
  })

  test('are quietly cut to the largest size', async () => {
    const { list } = await startSimulator({ lives, maxPageSize: 7 })
    expect(await list('?page_size=500')).toHaveLength(7)
    expect(idsOf(await list('?page_size=500&page=2'))[0]).toBe('m17')
  })

  test.each(['page=-1', 'page=x', 'page=', 'page=1.5', 'page_size=0', 'page_size=-5', 'page_size=many'])(
    '%s is a bad request',
    async (query) => {
      const { ask } = await startSimulator({ lives })
      expect((await ask(`${LIST}?${query}`)).status).toBe(400)
    },
  )

  test.each(['data', 'items', 'results', 'migrations'] as const)(
    'can come as %s of an object',
    async (envelope) => {
      const bare = await startSimulator({ lives })
      const { json } = await startSimulator({ lives, envelope })
      expect(await json(LIST)).toEqual({ [envelope]: await bare.list() })
    },
  )

  test('can tell their number, size, the total and whether more follow', async () => {
    const { json } = await startSimulator({ lives, envelope: 'data', totals: true, maxPageSize: 20 })
    const page = (number: number) => json(`${LIST}?page_size=100&page=${number}`)
    expect(await page(1)).toMatchObject({ total: 25, page: 1, page_size: 20, has_more: true })
    expect(await page(2)).toMatchObject({ total: 25, page: 2, page_size: 20, has_more: false })
  })
})

describe('access', () => {
  test('needs the key, where there is one', async () => {
    const { ask } = await startSimulator({ apiKey: 'anon_secret' })
    const status = async (authorization?: string) =>
      (await ask(LIST, authorization === undefined ? {} : { headers: { authorization } })).status
    expect(await status('Bearer anon_secret')).toBe(200)
    expect(await status('Bearer anon_other')).toBe(401)
    expect(await status('anon_secret')).toBe(401)
    expect(await status()).toBe(401)
  })

  test('can be refused with 403', async () => {
    const { ask } = await startSimulator({ apiKey: 'anon_secret', refusal: 403 })
    expect((await ask(LIST)).status).toBe(403)
  })

  test('there is nothing but the two documented requests', async () => {
    const { ask } = await startSimulator({ lives: plainLives(1) })
    for (const path of ['/', '/api/v1/migrations/', '/api/v1/migrations/m0/tasks', '/api/v1/migrations/%zz'])
      expect((await ask(path)).status).toBe(404)
    expect((await ask(LIST, { method: 'POST' })).status).toBe(404)
  })

  test.each([
    ['json', 'application/json', /^\{"error":/],
    ['html', 'text/html', /^<!doctype html>/],
    ['none', null, /^$/],
  ] as const)('an error says so in %s', async (errorBody, contentType, body) => {
    const { ask } = await startSimulator({ errorBody })
    const response = await ask(`${LIST}/unknown`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe(contentType)
    expect(await response.text()).toMatch(body)
  })
})

test('a page size that is refused says which is not', async () => {
  const { ask, list } = await startSimulator({ lives: plainLives(60), refusedPageSize: 50 })
  expect((await ask(`${LIST}?page_size=51`)).status).toBe(400)
  expect(await list('?page_size=50')).toHaveLength(50)
})

describe('the rate limit', () => {
  const limit = { requestsPerSecond: 2, burst: 3 }

  test('lets a burst through, then as many as come back with time', async () => {
    const { ask, passSeconds } = await startSimulator({ rateLimit: { ...limit, retryAfter: 'none' } })
    const statuses = async (count: number) => {
      const all: number[] = []
      for (let i = 0; i < count; i += 1) all.push((await ask(LIST)).status)
      return all
    }
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429])
    passSeconds(0.5)
    expect(await statuses(2)).toEqual([200, 429])
    passSeconds(60)
    expect(await statuses(4)).toEqual([200, 200, 200, 429])
  })

  test('in windows gives everything back at once when the next begins', async () => {
    const { ask, passSeconds, simulator } = await startSimulator({
      rateLimit: { ...limit, retryAfter: 'seconds', windowS: 2 },
    })
    const statuses = async (count: number) => {
      const all: number[] = []
      for (let i = 0; i < count; i += 1) all.push((await ask(LIST)).status)
      return all
    }
    expect(await statuses(5)).toEqual([200, 200, 200, 200, 429])
    passSeconds(1.9)
    expect((await ask(LIST)).headers.get('retry-after')).toBe('1')
    passSeconds(0.1)
    expect(await statuses(5)).toEqual([200, 200, 200, 200, 429])
    simulator.setRateLimit(null)
    expect(await statuses(2)).toEqual([200, 200])
  })

  const atS = START / 1000
  test.each([
    ['ietf', { 'ratelimit-policy': '"default";q=6;w=3', ratelimit: '"default";r=5;t=3' }],
    ['ietf_old', { 'ratelimit-limit': '6, 6;w=3', 'ratelimit-remaining': '5', 'ratelimit-reset': '3' }],
    ['x_seconds', { 'x-ratelimit-limit': '6', 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '3' }],
    ['x_epoch', { 'x-ratelimit-reset': String(atS + 3) }],
    ['x_epoch_ms', { 'x-ratelimit-reset': String((atS + 3) * 1000) }],
    ['x_date', { 'x-ratelimit-reset': 'Wed, 04 Mar 2026 09:00:03 GMT' }],
  ] as const)('is told with every answer, as %s', async (headers, expected) => {
    const { ask } = await startSimulator({ rateLimit: { ...limit, retryAfter: 'none', windowS: 3, headers } })
    const answered = await ask(LIST)
    for (const [name, value] of Object.entries(expected)) expect(answered.headers.get(name)).toBe(value)
    for (let i = 0; i < 6; i += 1) await ask(`${LIST}/none`)
    const refused = await ask(LIST)
    expect(refused.status).toBe(429)
    expect([...refused.headers].join(' ')).toMatch(/remaining,0|r=0/)
  })

  test.each([
    ['seconds', '3'],
    ['date', 'Wed, 04 Mar 2026 09:00:03 GMT'],
    ['none', null],
  ] as const)('tells when to come back as %s', async (retryAfter, expected) => {
    const { ask } = await startSimulator({ rateLimit: { requestsPerSecond: 0.4, burst: 1, retryAfter } })
    await ask(LIST)
    const response = await ask(LIST)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe(expected)
  })
})

describe('the log of requests', () => {
  test('tells when each came, what it asked and how it was answered', async () => {
    const { ask, simulator, passSeconds } = await startSimulator({ lives: plainLives(1) })
    const { epochMs, requests, counts } = simulator
    await ask(LIST)
    passSeconds(1)
    await ask(`${LIST}?page=2`)
    await ask(`${LIST}/m0`)
    await ask(`${LIST}/m1`)
    await ask('/elsewhere')
    const at = epochMs()
    expect(requests()).toEqual([
      { at, kind: 'list', statusCode: 200 },
      { at: at + 1000, kind: 'list', page: 2, statusCode: 200 },
      { at: at + 1000, kind: 'get', id: 'm0', statusCode: 200 },
      { at: at + 1000, kind: 'get', id: 'm1', statusCode: 404 },
      { at: at + 1000, kind: 'other', statusCode: 404 },
    ])
    expect(counts()).toEqual({
      kinds: { list: 2, get: 2, other: 1 },
      statusCodes: { 200: 3, 404: 2 },
      faults: {},
    })
  })
})

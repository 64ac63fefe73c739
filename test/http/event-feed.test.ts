import { setTimeout as delay } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { createBell } from '../../src/http/bell.ts'
import { inTransaction } from '../../src/store/db.ts'
import { DELIVERIES_CHANNEL, insertEvents } from '../../src/store/events.ts'
import { listenTo } from '../../src/store/notifications.ts'
import { createTestAccount, log, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import { createApi } from './serve.ts'

type Landfall = Awaited<ReturnType<typeof createTestAccount>>
interface Page {
  readonly events: { id: string; type: string; subject?: string; sequence: string }[]
  readonly next: string | null
}

let landfall: Landfall
let url: string
beforeEach(async () => {
  landfall = await createTestAccount()
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  url = await serve(null)
})
afterEach(() => landfall.close())

async function serve(apiToken: string | null): Promise<string> {
  const bell = createBell()
  const server = createApi(landfall, { apiToken, bell })
  const listening = listenTo(landfall.url, DELIVERIES_CHANNEL, bell.ring, log)
  await server.start()
  await listening.start()
  onTestFinished(async () => {
    await listening.stop()
    await server.stop()
  })
  return server.url()
}

const land = (...ids: string[]) =>
  record(
    landfall.deps,
    landfall.account,
    ids.map((id) => seen(id, 'COMPLETE', 0)),
  )
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers })
const page = async (query: string) => (await (await get(`/api/v1/events?${query}`)).json()) as Page
const stored = async () =>
  (
    await query<{ event_id: string }>(landfall.db, 'select event_id from reporting.events order by event_id')
  ).map(({ event_id }) => event_id)

/**
 * Everything behind a cursor, page by page. Other databases of the server have transactions too, which hold the end back:
 * `wait` outlasts them.
 */
async function readAll(limit: number, from = ''): Promise<string[]> {
  const ids: string[] = []
  let after = from
  for (;;) {
    const { events, next } = await page(`limit=${limit}${after === '' ? '' : `&after=${after}`}`)
    if (events.length === 0) return ids
    ids.push(...events.map(({ id }) => id))
    after = next ?? ''
  }
}

describe('pages', () => {
  test('hold the same events with the same ids that hooks get, in the order of each migration', async () => {
    await land('m1', 'm2')
    const { events, next } = await page('wait=10s')

    expect(events.map(({ id }) => id).sort()).toEqual(await stored())
    expect(events[0]).toMatchObject({
      specversion: '1.0',
      source: '/accounts/acme',
      datacontenttype: 'application/json',
    })
    const sequences = events.filter(({ subject }) => subject === 'm1').map(({ sequence }) => Number(sequence))
    expect(sequences).toEqual([1, 2])
    expect(next).toBe(events.at(-1)?.id)
  })

  test('go on behind the cursor, to the end', async () => {
    for (let n = 0; n < 10; n++) await land(`m${n}`)

    await waitFor(async () => (await readAll(3)).length === 20, { what: 'all events' })
    expect((await readAll(3)).sort()).toEqual(await stored())
    const latest = await page('after=latest')
    expect(latest.events).toEqual([])
    await land('late')
    expect((await page(`after=${latest.next}&wait=10s`)).events).toHaveLength(2)
  })

  test.each([
    ['after=evt_nothing', 404],
    ['wait=soon', 400],
    ['limit=0', 400],
    ['limit=9999', 400],
  ])('%s is a problem: %i', async (query, status) => {
    const response = await get(`/api/v1/events?${query}`)

    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ status, detail: expect.any(String) })
  })
})

describe('a transaction that commits late', () => {
  const rowOf = (id: string, sequence: number) => ({
    id,
    type: 'account.resumed' as const,
    account: 'acme',
    migration: null,
    migrationId: null,
    sequence,
    payload: {},
  })

  test('is waited for: what committed before it is not given out, and nothing is skipped', async () => {
    const late = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const slow = inTransaction(landfall.db, async (tx) => {
      await insertEvents(tx, [rowOf('evt_a_slow', 1)])
      began.resolve()
      await late.promise
    })
    await began.promise
    await inTransaction(landfall.db, (tx) => insertEvents(tx, [rowOf('evt_b_quick', 2)]))

    expect((await page('')).events).toEqual([])
    late.resolve()
    await slow
    await waitFor(async () => (await readAll(10)).length === 2, { what: 'both' })
    expect(await readAll(10)).toEqual(['evt_a_slow', 'evt_b_quick'])
  })

  test('a reader that asks all the time beside many writers gets each event once', async () => {
    let isWriting = true
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let n = 0; n < 20; n++) {
        await inTransaction(landfall.db, async (tx) => {
          await insertEvents(tx, [rowOf(`evt_${writer}_${n}`, writer * 100 + n)])
          await delay(Math.random() * 20)
        })
      }
    })
    const written = Promise.all(writers).then(() => {
      isWriting = false
    })
    const ids: string[] = []
    for (let after = ''; isWriting || ids.length < 120; ) {
      const { events, next } = await page(`wait=200ms&limit=7${after === '' ? '' : `&after=${after}`}`)
      ids.push(...events.map(({ id }) => id))
      after = next ?? ''
    }
    await written

    expect(ids.sort()).toEqual(await stored())
  })
})

test('a long poll answers as soon as there is something', async () => {
  const waiting = page('wait=20s')
  const startedAt = performance.now()
  await land('m1')

  expect((await waiting).events.length).toBeGreaterThan(0)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('the longest wait ends before a proxy with usual limits (50 s and more) gives up', async () => {
  const clock = performance.now.bind(performance)
  let waitedMs = 0
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock() + waitedMs)
  onTestFinished(() => void spy.mockRestore())
  // Its waits take no time, but are counted as if they did.
  const next = async (ms: number) => {
    waitedMs += ms
  }
  const hurried = createApi(landfall, { bell: { ring: () => undefined, next } })
  await hurried.start()
  onTestFinished(() => hurried.stop())

  for (const wait of ['60s', '10m']) {
    waitedMs = 0
    const response = await fetch(`${hurried.url()}/api/v1/events?after=latest&wait=${wait}`)
    expect([response.status, await response.json()]).toEqual([200, { events: [], next: null }])
    expect(waitedMs).toBeGreaterThan(30_000)
    expect(waitedMs).toBeLessThan(48_000)
  }
})

describe('the stream', () => {
  /** What has come so far, as text. */
  async function open(path: string, headers: Record<string, string> = {}) {
    const stop = new AbortController()
    const response = await fetch(`${url}${path}`, { headers, signal: stop.signal })
    onTestFinished(() => stop.abort())
    let text = ''
    const decoder = new TextDecoder()
    const read = async () => {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    }
    read().catch(() => {})
    return { response, ids: () => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id), text: () => text }
  }

  test('brings events as they come, from now on', async () => {
    await land('before')
    await page('wait=10s')
    const { response, ids, text } = await open('/api/v1/events/stream')
    await land('m1')
    await waitFor(() => ids().length === 2, { what: 'two events' })

    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const types = [...text().matchAll(/^event: (.+)$/gm)].map(([, type]) => type)
    expect(types).toEqual(['migration.discovered', 'migration.completed'])
    const [, data = ''] = /^data: (.+)$/m.exec(text()) ?? []
    expect(JSON.parse(data)).toMatchObject({ specversion: '1.0', id: ids()[0], subject: 'm1' })
  })

  test('asks whatever stands in between not to buffer, compress or keep it', async () => {
    const { response } = await open('/api/v1/events/stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('cache-control')).toMatch(/no-cache.*no-transform/)
    expect((await get('/api/v1/events')).headers.get('cache-control')).toBe('private, no-cache')
  })

  test('goes on behind Last-Event-ID', async () => {
    await land('m1', 'm2')
    await page('wait=10s')
    const [first = '', ...rest] = await readAll(100)
    const { ids } = await open('/api/v1/events/stream', { 'last-event-id': first })

    await waitFor(() => ids().length === rest.length, { what: 'the rest' })
    expect(ids()).toEqual(rest)
  })

  test('an unknown Last-Event-ID is a problem', async () => {
    expect((await get('/api/v1/events/stream', { 'last-event-id': 'evt_nothing' })).status).toBe(404)
  })

  test('tells who asks for its head alone just that', async () => {
    const signal = AbortSignal.timeout(5_000)
    const response = await fetch(`${url}/api/v1/events/stream`, { method: 'HEAD', signal })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await response.text()).toBe('')
  })
})

test('where a token is set, only those in who know it; health needs none', async () => {
  url = await serve('a-token-of-some-length')
  const status = async (path: string, headers?: Record<string, string>) => (await get(path, headers)).status

  expect(await status('/api/v1/events')).toBe(401)
  expect(await status('/api/v1/events/stream', { authorization: 'Bearer wrong' })).toBe(401)
  expect(await status('/api/v1/events', { authorization: 'Bearer a-token-of-some-length' })).toBe(200)
  expect(await status('/livez')).toBe(200)
})

test('requests over one connection leave nothing behind', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  for (let count = 0; count < 30; count += 1) await (await get('/api/v1/events')).text()

  expect(warnings.map(({ name }) => name)).not.toContain('MaxListenersExceededWarning')
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { drawFault, type FaultMix } from '../../src/simulator/faults.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createRandom } from '../../src/simulator/random.ts'
import { createSimulator } from '../../src/simulator/server.ts'
import { idsOf, plainLives, startSimulator, type WireMigration } from './support.ts'

const LIST = '/api/v1/migrations'

const suffering = (faults: FaultMix, options: SimulatorOptions = {}) =>
  startSimulator({ lives: plainLives(5), faults, ...options })

describe('answers that are errors', () => {
  test.each(['401', '403', '404', '429'] as const)('%s comes without Retry-After', async (fault) => {
    const { ask } = await suffering({ [fault]: 1 })
    for (const path of [LIST, `${LIST}/m0`]) {
      const response = await ask(path)
      expect(response.status).toBe(Number(fault))
      expect(response.headers.get('retry-after')).toBeNull()
    }
  })

  test.each([
    ['429_retry_after.seconds', '3'],
    ['429_retry_after.date', 'Wed, 04 Mar 2026 09:00:03 GMT'],
  ] as const)('%s asks to come back later', async (fault, expected) => {
    const { ask } = await suffering({ [fault]: 1 }, { retryAfterSeconds: 3 })
    const response = await ask(LIST)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe(expected)
  })

  test('5xx takes every form, with all kinds of bodies', async () => {
    const { ask } = await suffering({ '5xx': 1 })
    const statuses = new Set<number>()
    const bodies = new Set<string>()
    for (let i = 0; i < 100; i += 1) {
      const response = await ask(LIST)
      statuses.add(response.status)
      bodies.add((await response.text()).slice(0, 2))
    }
    expect([...statuses].sort()).toEqual([500, 502, 503, 504])
    expect([...bodies].sort()).toEqual(['', '<!', '{"'])
  })

  test('a redirect leads to where nothing is', async () => {
    const { ask, simulator } = await suffering({ redirect: 1 })
    const response = await ask(`${LIST}/m0`)
    expect(response.status).toBe(302)
    const location = response.headers.get('location') ?? ''
    expect((await ask(location)).status).toBe(404)
    expect(simulator.requests().map(({ kind }) => kind)).toEqual(['get', 'other'])
  })
})

describe('bodies that are not what was asked for', () => {
  test('html comes as a success', async () => {
    const { ask } = await suffering({ html: 1 })
    const response = await ask(LIST)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toContain('<html>')
  })

  test('truncated is half of the JSON, properly ended', async () => {
    const { ask, simulator, json } = await suffering({ truncated: 1 })
    const text = await (await ask(LIST)).text()
    expect(() => JSON.parse(text)).toThrow()
    simulator.setFaults({})
    expect(JSON.stringify(await json(LIST)).startsWith(text)).toBe(true)
  })

  test('gzip_garbage cannot be unpacked', async () => {
    const { ask } = await suffering({ gzip_garbage: 1 })
    const response = await ask(LIST)
    expect(response.headers.get('content-encoding')).toBe('gzip')
    await expect(response.text()).rejects.toThrow()
  })

  test.each([
    ['status_number', { object: 'migration', id: 'm0', status: 3 }],
    ['id_null', { object: 'migration', id: null, status: 'NOT_STARTED' }],
    ['other_object', { object: 'migration_task', id: 'm0', status: 'FAILED' }],
    ['other_shape', [{ object: 'migration', id: 'm0' }]],
  ] as const)('wrong_types.%s spoils the object of a get', async (form, expected) => {
    const { get } = await suffering({ [`wrong_types.${form}`]: 1 })
    expect(await get('m0')).toMatchObject(expected)
  })

  test.each(['array', 'items'] as const)('wrong_types spoils one object of a page (%s)', async (envelope) => {
    const { json } = await suffering({ 'wrong_types.status_number': 1 }, { envelope })
    const body = (await json(LIST)) as WireMigration[] | { items: WireMigration[] }
    const page = Array.isArray(body) ? body : body.items
    expect(page.map(({ status }) => typeof status).toSorted()).toEqual(['number', ...Array(4).fill('string')])
  })

  test('wrong_types.other_shape puts an object in place of the page', async () => {
    const { json } = await suffering({ 'wrong_types.other_shape': 1 })
    expect(await json(LIST)).toEqual({ object: 'list', message: expect.any(String) })
  })
})

describe('lists that lie', () => {
  const lives = [
    {
      id: 'old',
      createdS: -60,
      changes: [
        [0, 'WORKING'],
        [50, 'COMPLETE'],
      ],
    },
    { id: 'new', createdS: 55, changes: [] },
  ] as const

  test('a stale list shows an older state while get shows the present one', async () => {
    const { list, get, simulator, passSeconds } = await suffering(
      { stale_list: 1 },
      { lives, staleMs: 10_000 },
    )
    passSeconds(58)
    expect((await list()).map(({ id, status }) => [id, status])).toEqual([['old', 'WORKING']])
    expect((await get('old')).status).toBe('COMPLETE')
    expect((await get('new')).status).toBe('NOT_STARTED')
    expect(simulator.counts().faults).toEqual({ stale_list: 1 })
    passSeconds(10)
    expect((await list()).map(({ id }) => id)).toEqual(['new', 'old'])
  })

  test('a stale list still shows what has just been deleted', async () => {
    const { list, simulator, passSeconds } = await suffering({ stale_list: 1 }, { staleMs: 5000 })
    passSeconds(60)
    simulator.delete('m3')
    expect(await list()).toHaveLength(5)
    passSeconds(5)
    expect(await list()).toHaveLength(4)
  })

  test('a stale list catches up with a frozen world', async () => {
    const { list, simulator, passSeconds } = await suffering({ stale_list: 1 }, { lives, staleMs: 10_000 })
    passSeconds(58)
    simulator.freeze()
    expect(await list()).toHaveLength(1)
    passSeconds(10)
    expect(await list()).toHaveLength(2)
  })

  test('an empty page and a shifted page lose rows', async () => {
    const { list, simulator } = await suffering({ empty_page: 1 })
    expect(await list()).toEqual([])
    simulator.setFaults({ duplicate_rows: 1 })
    expect(idsOf(await list())).toEqual(['m4', 'm4', 'm3', 'm2', 'm1'])
  })
})

describe('on the socket', () => {
  test('hang.silent accepts a request and says nothing until the simulator stops', async () => {
    const { ask, simulator } = await suffering({ 'hang.silent': 1 })
    const answer = ask(LIST)
    const failed = expect(answer).rejects.toThrow()
    await vi.waitFor(() => expect(simulator.requests()).toHaveLength(1))
    expect(await Promise.race([answer, Promise.resolve('nothing yet')])).toBe('nothing yet')
    expect(simulator.requests()[0]).toMatchObject({ statusCode: 0, fault: 'hang.silent' })
    await simulator.stop()
    await failed
  })

  test.each([
    ['headers', 0],
    ['body', 1],
  ] as const)('hang.%s stops in the middle of an answer', async (form, piecesExpected) => {
    const { ask, simulator } = await suffering({ [`hang.${form}`]: 1 })
    const response = await ask(LIST)
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    for (let i = 0; i < piecesExpected; i += 1) expect((await reader?.read())?.done).toBe(false)
    const rest = reader?.read()
    const failed = expect(rest).rejects.toThrow()
    expect(await Promise.race([rest, Promise.resolve('nothing yet')])).toBe('nothing yet')
    await simulator.stop()
    await failed
  })

  test('reset.silent resets the connection before an answer', async () => {
    const { url } = await suffering({ 'reset.silent': 1 })
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${LIST} HTTP/1.1\r\nhost: x\r\n\r\n`)
    const [error] = await once(socket, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  test.each(['headers', 'body'] as const)('reset.%s breaks off after a good beginning', async (form) => {
    const { ask, simulator } = await suffering({ [`reset.${form}`]: 1 })
    const response = await ask(LIST)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect(simulator.requests()[0]?.statusCode).toBe(200)
  })

  test('a slow body comes in many pieces and is whole in the end', async () => {
    const { ask, list, simulator } = await suffering({ slow_body: 1 }, { slowBodyMs: 100 })
    const response = await ask(LIST)
    const pieces: Buffer[] = []
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece))
    expect(pieces.length).toBeGreaterThan(3)
    simulator.setFaults({})
    expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual(await list())
  })

  test('a slow body ends with the simulator', async () => {
    const { ask, simulator } = await suffering({ slow_body: 1 }, { slowBodyMs: 3_600_000 })
    const response = await ask(LIST)
    await simulator.stop()
    await expect(response.text()).rejects.toThrow()
  })

  test('a huge body goes on for as long as it is read, up to its end', async () => {
    const { ask } = await suffering({ huge_body: 1 }, { hugeBodyBytes: 5_000_000 })
    let bytes = 0
    const response = await ask(LIST)
    for await (const piece of response.body ?? []) bytes += piece.length
    expect(bytes).toBeGreaterThan(5_000_000)
    expect(bytes).toBeLessThan(5_200_000)
  })

  test('a huge body does not outlive its reader, nor the simulator', async () => {
    const { ask, simulator } = await suffering({ huge_body: 1 })
    const left = await ask(LIST)
    await left.body?.cancel()
    const unread = await ask(LIST)
    await simulator.stop()
    await expect(unread.text()).rejects.toThrow()
  })
})

describe('the mix', () => {
  test('draws each fault as often as it says, at most one at a time, and from the seed', () => {
    const mix: FaultMix = { '429': 0.1, hang: 0.2, 'reset.body': 0.1 }
    const drawAll = () => {
      const next = createRandom('x')
      return Array.from({ length: 10_000 }, () => drawFault(mix, next))
    }
    const draws = drawAll()
    const share = (kind: string | undefined) => draws.filter((fault) => fault?.kind === kind).length / 10_000
    expect(share('429')).toBeCloseTo(0.1, 1)
    expect(share('hang')).toBeCloseTo(0.2, 1)
    expect(share('reset')).toBeCloseTo(0.1, 1)
    expect(share(undefined)).toBeCloseTo(0.6, 1)
    expect(new Set(draws.map((fault) => fault?.kind === 'hang' && fault.form))).toEqual(
      new Set([false, 'silent', 'headers', 'body']),
    )
    expect(drawAll()).toEqual(draws)
  })

  test('with an unknown name or an impossible probability is refused', () => {
    const wrong = (faults: unknown) => () => createSimulator({ faults: faults as FaultMix })
    expect(wrong({ flood: 1 })).toThrow('there is no fault flood')
    expect(wrong({ 'hang.loudly': 1 })).toThrow('there is no fault hang.loudly')
    expect(wrong({ hang: 2 })).toThrow('from 0 to 1')
  })
})

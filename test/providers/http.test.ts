import { describe, expect, onTestFinished, test } from 'vitest'

import { createProviderHttp, type HttpLimits, type ProviderHttp } from '../../src/providers/http.ts'
import type { Answer } from '../../src/providers/provider.ts'
import { always, json, KEY, serve, serveBytes } from './server.ts'

const never = new AbortController().signal

function open(baseUrl: string, limits: Partial<HttpLimits> = {}): ProviderHttp {
  const http = createProviderHttp({ baseUrl, headers: () => ({ authorization: `Bearer ${KEY}` }), limits })
  onTestFinished(() => http.close())
  return http
}

async function ask(baseUrl: string, limits: Partial<HttpLimits> = {}): Promise<Answer<unknown>> {
  const answer = await open(baseUrl, limits).getJson('things/1', { token: 'in-the-query' }, never)
  const told = JSON.stringify(answer.kind === 'ok' ? null : answer)
  for (const secret of [KEY, 'in-the-query', '127.0.0.1', 'BODY']) expect(told).not.toContain(secret)
  return answer
}

const unusable = (reason: string, passing: boolean) => ({ kind: 'unusable', reason, passing })

describe('an answer that can be used', () => {
  test('is the parsed JSON of any 2xx, whatever its content type says', async () => {
    const a = await serve(always(200, '{"a":[1]}'))
    const b = await serve(always(203, '\uFEFF"text"', { 'content-type': 'text/plain' }))
    expect(await ask(a.origin)).toEqual({ kind: 'ok', value: { a: [1] } })
    expect(await ask(b.origin)).toEqual({ kind: 'ok', value: 'text' })
  })

  test('was asked for with the key, our name, and no compression', async () => {
    const server = await serve(always(200, '1'))
    await ask(server.origin)
    const [asked] = server.asked
    expect(asked).toMatchObject({ method: 'GET', path: '/things/1' })
    expect(asked?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'accept-encoding': 'identity' })
    expect(asked?.headers['user-agent']).toMatch(/^Landfall\/\d+\.\d+\.\d+/)
    expect(asked?.query.get('token')).toBe('in-the-query')
  })

  test('comes from below the path of the base URL', async () => {
    const server = await serve(always(200, '1'))
    await ask(`${server.origin}/proxy/anon`)
    expect(server.asked[0]?.path).toBe('/proxy/anon/things/1')
  })

  test('keeps its connection for the next request, also after an error', async () => {
    let n = 0
    const server = await serve((_req, res) => {
      n += 1
      if (n === 2) res.writeHead(500).end('BODY')
      else json(res, n)
    })
    const http = open(server.origin, { connections: 1 })
    for (let i = 0; i < 4; i += 1) await http.getJson('x', {}, never)
    expect(server.asked).toHaveLength(4)
    expect(server.connections()).toBe(1)
  })

  test('is waited for in a bounded number of connections', async () => {
    const server = await serve((_req, res) => setImmediate(() => json(res, 1)))
    const http = open(server.origin, { connections: 3 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.getJson('x', {}, never)))
    expect(answers.every((answer) => answer.kind === 'ok')).toBe(true)
    expect(server.connections()).toBeLessThanOrEqual(3)
  })
})

describe('a status', () => {
  test.each([
    [404, { kind: 'missing' }],
    [410, { kind: 'missing' }],
    [401, { kind: 'refused', statusCode: 401 }],
    [403, { kind: 'refused', statusCode: 403 }],
    [400, { ...unusable('answered 400', false), rejected: true }],
    [422, { ...unusable('answered 422', false), rejected: true }],
    [408, unusable('answered 408', true)],
    [500, unusable('answered 500', true)],
    [502, unusable('answered 502', true)],
    [503, unusable('answered 503', true)],
    [429, { kind: 'throttled', statusCode: 429, retryAfterMs: null }],
  ])('%i has its own meaning, with JSON, HTML or no body', async (status, meaning) => {
    for (const [body, type] of [
      ['{"error":"BODY"}', 'application/json'],
      ['<html>BODY</html>', 'text/html'],
      ['', 'text/plain'],
    ] as const) {
      const server = await serve(always(status, body, { 'content-type': type }))
      expect(await ask(server.origin)).toEqual(meaning)
    }
  })

  test.each([
    [429, { 'retry-after': '7' }, 7_000],
    [503, { 'retry-after': '2' }, 2_000],
    [429, { 'retry-after': 'soon', 'x-ratelimit-reset': '30' }, 30_000],
    [429, { 'ratelimit-reset': '12' }, 12_000],
    [429, { 'retry-after': '3', 'x-ratelimit-reset': '30' }, 3_000],
    [429, { 'retry-after': '0' }, null],
    [429, { 'retry-after': '-5' }, null],
    [429, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, null],
    [429, { 'retry-after': '60000' }, 3_600_000],
    [429, { 'x-ratelimit-reset': '7200' }, 3_600_000],
    [429, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT', date: 'Sun, 06 Nov 1994 08:49:07 GMT' }, 30_000],
    [403, { 'retry-after': '7' }, 7_000],
    [403, { 'retry-after': '0' }, null],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }, 30_000],
    [429, { 'x-ratelimit-reset': '900000' }, null],
    [429, { 'x-ratelimit-reset': '1000000001' }, null],
    [429, { 'x-ratelimit-reset': 'never' }, null],
    [429, { 'x-ratelimit-reset': '-5' }, null],
  ])('%i with %j tells how long to wait', async (status, headers, retryAfterMs) => {
    const server = await serve(always(status, '', headers))
    expect(await ask(server.origin)).toMatchObject({ kind: 'throttled', statusCode: status, retryAfterMs })
  })

  test.each([
    ['an HTTP date in Retry-After', (at: number) => ({ 'retry-after': new Date(at).toUTCString() })],
    ['seconds since 1970', (at: number) => ({ 'x-ratelimit-reset': String(Math.round(at / 1000)) })],
    ['milliseconds since 1970', (at: number) => ({ 'x-ratelimit-reset': String(at) })],
  ])('429 with %s tells how long to wait', async (_name, headers) => {
    const server = await serve(always(429, '', headers(Date.now() + 60_000)))
    const answer = await ask(server.origin)
    const waitMs = answer.kind === 'throttled' ? answer.retryAfterMs : null
    expect(waitMs).toBeGreaterThan(55_000)
    expect(waitMs).toBeLessThanOrEqual(61_000)
  })

  test.each([200, 404, 429, 500])('%i carries what its headers say of the rate limit', async (status) => {
    const headers = {
      'x-ratelimit-remaining': '7',
      'x-ratelimit-reset': '30',
      'ratelimit-policy': '"a";q=10;w=60',
    }
    const server = await serve(always(status, '{}', headers))
    expect((await ask(server.origin)).rateLimit).toEqual({
      remaining: 7,
      resetMs: 30_000,
      limit: null,
      windowMs: null,
    })
  })

  test('403 with requests left is a refused key', async () => {
    const server = await serve(always(403, '', { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '30' }))
    expect(await ask(server.origin)).toMatchObject({ kind: 'refused', statusCode: 403 })
  })

  test.each(['later', '0'])('503 with a Retry-After of %s is an ordinary failure', async (value) => {
    const server = await serve(always(503, '', { 'retry-after': value }))
    expect(await ask(server.origin)).toEqual(unusable('answered 503', true))
  })

  test.each([301, 302, 303, 307, 308])(
    '%i is not followed, and the key goes nowhere else',
    async (status) => {
      const target = await serve(always(200, '{}'))
      const server = await serve(always(status, '', { location: `${target.origin}/things/1` }))
      const reason = `answered ${status}, a redirect, which is not followed`
      expect(await ask(server.origin)).toEqual(unusable(reason, false))
      expect(server.asked).toHaveLength(1)
      expect(target.connections()).toBe(0)
    },
  )
})

describe('a body', () => {
  test.each([
    [
      'HTML',
      always(200, '<html>BODY</html>', { 'content-type': 'text/html; charset=BODY' }),
      'text/html, 17 B',
    ],
    ['broken JSON', always(200, `["BODY"${' '.repeat(1200)}`), 'application/json, 1.2 kB'],
    ['broken UTF-8', always(200, '', {}), 'application/json, 3 B'],
  ])('of %s is unusable, and asking again is no help', async (name, handler, what) => {
    const bytes = Buffer.from([0x22, 0xff, 0x22])
    const server = await serve((req, res, asked) => {
      if (name !== 'broken UTF-8') handler(req, res, asked)
      else res.writeHead(200, { 'content-type': 'application/json' }).end(bytes)
    })
    expect(await ask(server.origin)).toEqual(unusable(`body is not JSON (${what})`, false))
  })

  test('that is empty is unusable, except where the status says that there is none', async () => {
    const a = await serve((_req, res) => res.writeHead(204).end())
    const b = await serve(always(200, ''))
    expect(await ask(a.origin)).toEqual({ kind: 'ok', value: undefined })
    expect(await ask(b.origin)).toEqual(unusable('body is empty', false))
  })

  test('of announced length beyond the limit is not read', async () => {
    const server = await serve(always(200, `"${'x'.repeat(5_000)}"`))
    const limits = { bodyBytes: 2_048 }
    expect(await ask(server.origin, limits)).toEqual(unusable('body is larger than 2 kB', false))
  })

  test('without end is given up at the limit, and the connection is closed', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    let sent = 0
    const closed = Promise.withResolvers<void>()
    const server = await serve((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      res.on('close', closed.resolve)
      const more = () => {
        while (!res.destroyed) {
          sent += piece.length
          if (!res.write(piece)) return void res.once('drain', more)
        }
      }
      more()
    })
    const limits = { bodyBytes: 1024 * 1024 }
    expect(await ask(server.origin, limits)).toEqual(unusable('body is larger than 1 MiB', false))
    await closed.promise
    // What was sent beyond the limit lay in socket buffers, not with us.
    expect(sent).toBeLessThan(32 * 1024 * 1024)
  })
})

describe('trouble on the way', () => {
  test('a server that never sends headers is given up', async () => {
    const server = await serve(() => undefined)
    expect(await ask(server.origin, { headersMs: 80 })).toEqual(unusable('no headers within 0.08 s', true))
  })

  test('a server that drips its headers is given up', async () => {
    const server = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('x-more: 1\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const answer = await ask(server.origin, { connectMs: 100, headersMs: 200 })
    expect(answer).toMatchObject({ kind: 'unusable', passing: true })
    expect(answer).toHaveProperty('reason', expect.stringMatching(/^no headers within 0\.[23] s$/))
  })

  test('a body that stalls is given up', async () => {
    const server = await serve((_req, res) => {
      res.writeHead(200).write('{"BODY":')
    })
    expect(await ask(server.origin, { bodyPauseMs: 80 })).toEqual(unusable('body stalled for 0.08 s', true))
  })

  test('a body that drips for ever is given up', async () => {
    const server = await serve((_req, res) => {
      const drip = setInterval(() => res.write(' '), 10)
      res.on('close', () => clearInterval(drip))
    })
    expect(await ask(server.origin, { bodyMs: 150 })).toEqual(
      unusable('body not complete within 0.15 s', true),
    )
  })

  test('a connection that is never made is given up', async () => {
    // TCP answers and TLS never does, which is the same to the deadline.
    const server = await serveBytes(() => undefined)
    const answer = await ask(server.origin.replace('http:', 'https:'), { connectMs: 80 })
    expect(answer).toEqual(unusable('no connection within 0.08 s', true))
  })

  test('waiting for a free connection has a deadline too', async () => {
    const server = await serve(() => undefined)
    const http = open(server.origin, { connections: 1, connectMs: 50, headersMs: 100, bodyMs: 100 })
    const answers = await Promise.all([1, 2, 3].map(() => http.getJson('x', {}, never)))
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'unusable', passing: true })
  })

  test('a body cut off in the middle is not taken for a whole one', async () => {
    const reset = await serve((_req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('{"BODY":1}', () => res.socket?.resetAndDestroy())
    })
    const ended = await serve((_req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('{"BODY":1}', () => res.socket?.end())
    })
    const chunked = await serve((_req, res) => {
      res.writeHead(200).write('{"BODY":1}', () => res.socket?.end())
    })
    for (const server of [reset, ended, chunked]) {
      expect(await ask(server.origin)).toEqual(
        unusable(expect.stringMatching(/^connection failed/) as string, true),
      )
    }
  })

  test('what is no HTTP, a refused connection and an unknown host are passing failures', async () => {
    const garbage = await serveBytes((socket) => socket.end('SSH-2.0-BODY\r\n'))
    const silent = await serveBytes((socket) => socket.end())
    const gone = 'http://127.0.0.1:1'
    for (const url of [garbage.origin, silent.origin, gone, 'http://no-such-host.invalid']) {
      expect(await ask(url)).toEqual(
        unusable(expect.stringMatching(/^connection failed \(\w+\)$/) as string, true),
      )
    }
  })

  test('the caller can stop a request before, while and after headers came', async () => {
    const stopped = unusable('stopped', false)
    const asked = Promise.withResolvers<void>()
    const hanging = await serve(() => asked.resolve())
    const http = open(hanging.origin)
    expect(await http.getJson('x', {}, AbortSignal.abort())).toEqual(stopped)
    expect(hanging.asked).toHaveLength(0)

    const controller = new AbortController()
    const waiting = http.getJson('x', {}, controller.signal)
    await asked.promise
    controller.abort()
    expect(await waiting).toEqual(stopped)

    const begun = new AbortController()
    const stalled = await serve((_req, res) => {
      res.writeHead(200).write('[', () => setImmediate(() => begun.abort()))
    })
    expect(await open(stalled.origin).getJson('x', {}, begun.signal)).toEqual(stopped)
  })

  test('closing ends what is under way, and may come twice', async () => {
    const asked = Promise.withResolvers<void>()
    const server = await serve(() => asked.resolve())
    const http = open(server.origin)
    const waiting = http.getJson('x', {}, never)
    await asked.promise
    await http.close()
    await http.close()
    expect(await waiting).toEqual(unusable('stopped', false))
    expect(await http.getJson('x', {}, never)).toEqual(unusable('stopped', false))
  })
})

describe('an address', () => {
  test.each([
    (other: string) => `${other}/things`,
    (other: string) => other.replace('http:', ''),
    (other: string) => other.replace('http:', '\\\\').replace('\\\\//', '\\\\'),
    () => '/outside',
    () => '../outside',
    () => 'file:///etc/passwd',
    () => 'http://[',
  ])('that leaves the base URL is refused before anything is sent (%#)', async (address) => {
    const other = await serve(always(200, '{}'))
    const server = await serve(always(200, '{}'))
    const http = open(`${server.origin}/base/`)
    const answer = await http.getJson(address(other.origin), {}, never)
    expect(answer).toEqual(unusable('the address is not one of the provider', false))
    expect(server.connections() + other.connections()).toBe(0)
  })

  test('of the base must be http or https and hold no credentials', () => {
    const at = (baseUrl: string) => () => createProviderHttp({ baseUrl, headers: () => ({}) })
    expect(at('ftp://host')).toThrow('http or https')
    expect(at('https://user:pass@host')).toThrow('no credentials')
    expect(at('nonsense')).toThrow()
  })

  test('a key that cannot be a header is an answer, and is not told', async () => {
    const server = await serve(always(200, '{}'))
    const http = createProviderHttp({
      baseUrl: server.origin,
      headers: () => ({ authorization: `${KEY}\n` }),
    })
    onTestFinished(() => http.close())
    expect(await http.getJson('x', {}, never)).toEqual(unusable('the request cannot be made', false))
  })
})

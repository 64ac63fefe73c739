import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import type { OutgoingEvent } from '../../src/hooks/hook.ts'
import {
  createWebhookSender,
  type WebhookSenderOptions,
  type WebhookTarget,
} from '../../src/hooks/webhook.ts'
import { type Behaviour, createWebhookReceiver } from '../support/webhook-receiver.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const event: OutgoingEvent = {
  id: 'evt_0199',
  type: 'migration.completed',
  source: '/accounts/acme',
  subject: '9f5b',
  time: '2026-03-04T09:22:41.004Z',
  sequence: '0000000003',
  data: { account: 'acme', migration_id: '9f5b', status: 'COMPLETE' },
}

const receiver = createWebhookReceiver()
beforeEach(() => receiver.start())
afterEach(async () => {
  receiver.requests.length = 0
  receiver.behave(() => ({}))
  await receiver.stop()
})

/** One attempt; `deadlineMs` is long where a test does not wait for it. */
function attempt(
  target: Partial<WebhookTarget> = {},
  options: Partial<WebhookSenderOptions> = {},
  signal = new AbortController().signal,
) {
  const sender = createWebhookSender({ allowPrivate: true, deadlineMs: 10_000, ...options })
  onTestFinished(() => sender.close())
  return sender.send(
    { url: receiver.url, secrets: [secret], format: 'cloudevents', ...target },
    event,
    signal,
  )
}

function attemptAgainst(behaviour: Behaviour, options: Partial<WebhookSenderOptions> = {}) {
  receiver.behave(behaviour)
  return attempt({}, options)
}

describe('what is sent', () => {
  test('a signed POST of the CloudEvent', async () => {
    const outcome = await attempt()

    expect(outcome).toEqual({ kind: 'accepted', status: 200, durationMs: expect.any(Number) })
    expect(receiver.requests).toHaveLength(1)
    expect(receiver.requests[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': expect.stringMatching(/^Landfall\/\d+\.\d+\.\d+/),
        'webhook-id': 'evt_0199',
      },
    })
    expect(receiver.verified(secret)).toEqual([
      expect.objectContaining({ specversion: '1.0', id: 'evt_0199', data: event.data }),
    ])
  })

  test('the standard format, when the hook wants that', async () => {
    await attempt({ format: 'standard' })

    expect(receiver.requests[0]?.headers['content-type']).toBe('application/json')
    expect(receiver.verified(secret)).toEqual([{ type: event.type, timestamp: event.time, data: event.data }])
  })

  test('the same id and body on every attempt, each signed and connected anew', async () => {
    const sender = createWebhookSender({ allowPrivate: true })
    onTestFinished(() => sender.close())
    receiver.behave((_request, count) => ({ status: count < 3 ? 503 : 200 }))
    const target: WebhookTarget = { url: receiver.url, secrets: [secret], format: 'cloudevents' }

    const kinds: string[] = []
    for (let n = 0; n < 3; n++) {
      kinds.push((await sender.send(target, event, new AbortController().signal)).kind)
    }

    expect(kinds).toEqual(['refused', 'refused', 'accepted'])
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set(['evt_0199']),
    )
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1)
    expect(receiver.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close'])
    expect(receiver.verified(secret)).toHaveLength(3)
  })

  test('a signature for each secret while one rotates', async () => {
    const other = `whsec_${randomBytes(24).toString('base64')}`
    await attempt({ secrets: [secret, other] })

    expect(receiver.verified(secret)).toHaveLength(1)
    expect(receiver.verified(other)).toHaveLength(1)
  })

  test('one hanging receiver delays no other on the same host', async () => {
    const sender = createWebhookSender({ allowPrivate: true, deadlineMs: 10_000 })
    const stop = new AbortController()
    receiver.behave(({ path }) => (path === '/slow' ? 'hang' : {}))
    const target = { url: receiver.url, secrets: [secret], format: 'standard' } as const
    const slow = Array.from({ length: 20 }, () =>
      sender.send({ ...target, url: new URL('/slow', receiver.url).href }, event, stop.signal),
    )
    const ended = Promise.allSettled(slow)

    expect(await sender.send(target, event, stop.signal)).toMatchObject({ kind: 'accepted' })

    stop.abort()
    await ended
    await sender.close()
  })
})

describe('answers', () => {
  test.each([200, 201, 202, 204, 299])('%i accepts', async (status) => {
    expect(await attemptAgainst(() => ({ status }))).toMatchObject({ kind: 'accepted', status })
  })

  test.each([304, 400, 401, 404, 410, 500, 503, 599])('%i refuses', async (status) => {
    expect(await attemptAgainst(() => ({ status }))).toEqual({ kind: 'refused', status, excerpt: '' })
  })

  test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    const second = createWebhookReceiver()
    await second.start()
    onTestFinished(() => second.stop())

    const outcome = await attemptAgainst(() => ({ status, headers: { location: second.url } }))

    expect(outcome).toEqual({ kind: 'refused', status, excerpt: '' })
    expect(second.requests).toEqual([])
    expect(receiver.requests).toHaveLength(1)
  })

  test('Retry-After in seconds', async () => {
    const outcome = await attemptAgainst(() => ({
      status: 429,
      headers: { 'retry-after': '120' },
      body: 'later',
    }))

    expect(outcome).toEqual({ kind: 'refused', status: 429, retryAfterMs: 120_000, excerpt: 'later' })
  })

  test('Retry-After as a date', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString()
    const outcome = await attemptAgainst(() => ({ status: 503, headers: { 'retry-after': inAnHour } }))

    const retryAfterMs = outcome.kind === 'refused' ? outcome.retryAfterMs : undefined
    expect(retryAfterMs).toBeGreaterThan(3_500_000)
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000)
  })

  test('a Retry-After that cannot be read is as if there were none', async () => {
    const outcome = await attemptAgainst(() => ({ status: 429, headers: { 'retry-after': 'soon' } }))

    expect(outcome).toEqual({ kind: 'refused', status: 429, excerpt: '' })
  })

  test('the excerpt is short and free of control characters', async () => {
    const body = `no\u0000such\r\n\thook\u001b[31m \u202etxet\u2028 ${'🛬'.repeat(600)}`
    const outcome = await attemptAgainst(() => ({ status: 500, body }))

    const excerpt = outcome.kind === 'refused' ? outcome.excerpt : ''
    expect(excerpt).toMatch(/^no such hook \[31m {2}txet {2}🛬+$/u)
    expect(Array.from(excerpt)).toHaveLength(500)
    expect(excerpt.isWellFormed()).toBe(true)
  })

  test('the excerpt repeats neither the secret nor the query', async () => {
    receiver.behave(({ path }) => ({ status: 404, body: `Cannot POST ${path} (t0p s3cret) with ${secret}` }))

    const outcome = await attempt({ url: `${receiver.url}?n=1&token=t0p%20s3cret` })

    expect(outcome).toMatchObject({ excerpt: 'Cannot POST /hook?[redacted] ([redacted]) with [redacted]' })
  })

  test('an endless answer is cut off, and its status counts', async () => {
    expect(await attemptAgainst(() => ({ status: 200, ending: 'endless' }))).toMatchObject({
      kind: 'accepted',
    })

    const refused = await attemptAgainst(() => ({ status: 500, ending: 'endless' }))
    expect(refused).toEqual({ kind: 'refused', status: 500, excerpt: 'x'.repeat(500) })
  })

  test('a slow answer that ends in time accepts', async () => {
    const outcome = await attemptAgainst(() => ({ delayMs: 20, body: 'okay', dripMs: 10 }))

    expect(outcome).toMatchObject({ kind: 'accepted', status: 200 })
  })
})

describe('no answer', () => {
  test('a receiver that hangs is given up at the deadline', async () => {
    const outcome = await attemptAgainst(() => 'hang', { deadlineMs: 100 })

    expect(outcome).toEqual({
      kind: 'unreachable',
      reason: `no complete answer within 100 ms, host 127.0.0.1:${receiver.port}`,
    })
  })

  test.each<[string, ReturnType<Behaviour>]>([
    ['stops in the middle', { body: 'half', ending: 'hang' }],
    ['never stops dripping', { body: 'x'.repeat(10_000), dripMs: 5 }],
  ])('a 2xx whose body %s has not accepted', async (_name, reaction) => {
    expect(await attemptAgainst(() => reaction, { deadlineMs: 100 })).toMatchObject({
      kind: 'unreachable',
      reason: expect.stringContaining('within 100 ms'),
    })
  })

  test('a refusal whose body stops in the middle keeps its status and its start', async () => {
    const outcome = await attemptAgainst(() => ({ status: 500, body: 'half', ending: 'hang' }), {
      deadlineMs: 100,
    })

    expect(outcome).toEqual({ kind: 'refused', status: 500, excerpt: 'half' })
  })

  test('the deadline covers the lookup', async () => {
    const outcome = await attempt({ url: 'http://never.example/hook' }, { deadlineMs: 50, lookup: () => {} })

    expect(outcome).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('within 50 ms') })
  })

  test('a reset is a failure, and is not sent again behind our back', async () => {
    expect(await attemptAgainst(() => 'reset')).toMatchObject({ kind: 'unreachable' })
    expect(receiver.requests).toHaveLength(1)
  })

  test('a reset in the middle of a 2xx has not accepted', async () => {
    expect(await attemptAgainst(() => ({ body: 'half', ending: 'reset' }))).toMatchObject({
      kind: 'unreachable',
    })
  })

  test.each([
    ['words', 'this is not HTTP\r\n\r\n'],
    ['nothing', ''],
    ['a bad header', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
    ['a short body', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['too many headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['binary', '\u0016\u0003\u0001\u0002\u0000'],
  ])('garbage is a failure: %s', async (_name, raw) => {
    expect(await attemptAgainst(() => ({ raw }))).toMatchObject({ kind: 'unreachable' })
  })

  test('a closed port says so, without the path or the query', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))

    expect(await attempt({ url: `http://127.0.0.1:${port}/p4th?token=t0ps3cret` })).toEqual({
      kind: 'unreachable',
      reason: `connection refused (ECONNREFUSED), host 127.0.0.1:${port}`,
    })
  })

  test('a certificate that nobody vouches for is refused', async () => {
    const selfSigned = createWebhookReceiver({ tls: { key: KEY, cert: CERTIFICATE } })
    await selfSigned.start()
    onTestFinished(() => selfSigned.stop())

    expect(await attempt({ url: selfSigned.url })).toEqual({
      kind: 'unreachable',
      reason: `TLS failed (DEPTH_ZERO_SELF_SIGNED_CERT), host 127.0.0.1:${selfSigned.port}`,
    })
    expect(selfSigned.requests).toEqual([])
  })

  test('TLS spoken to a plain port is a failure', async () => {
    expect(await attempt({ url: receiver.url.replace('http:', 'https:') })).toMatchObject({
      kind: 'unreachable',
    })
  })
})

describe('what is never sent', () => {
  test('a request to an inner address', async () => {
    expect(await attempt({}, { allowPrivate: false })).toEqual({
      kind: 'refused_address',
      reason: '127.0.0.1 is not a public address (loopback)',
    })
    expect(receiver.requests).toEqual([])
  })

  test('a request to a URL that is none', async () => {
    expect(await attempt({ url: 'ftp://example.com/?token=t0ps3cret' })).toEqual({
      kind: 'refused_address',
      reason: "a hook's URL must start with https:// or http://",
    })
  })

  test('an unsigned request', async () => {
    await expect(attempt({ secrets: [] })).rejects.toThrow('without a secret')
    expect(receiver.requests).toEqual([])
  })
})

describe('an aborted attempt', () => {
  test('rejects with the reason: it says nothing about the hook', async () => {
    const stop = new AbortController()
    receiver.behave(() => {
      stop.abort(new Error('shutting down'))
      return 'hang'
    })

    await expect(attempt({}, {}, stop.signal)).rejects.toThrow('shutting down')
  })

  test('rejects at once also while the name is looked up or the connection is made', async () => {
    const stop = new AbortController()
    const startedAt = performance.now()
    const lookup = () => stop.abort(new Error('shutting down'))

    await expect(attempt({ url: 'http://never.example/' }, { lookup }, stop.signal)).rejects.toThrow(
      'shutting down',
    )
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('sends nothing when it was aborted before', async () => {
    await expect(attempt({}, {}, AbortSignal.abort(new Error('shutting down')))).rejects.toThrow(
      'shutting down',
    )
    expect(receiver.requests).toEqual([])
  })
})

/** For `localhost`, signed by itself, good until 2120; it guards nothing. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT+VISkRG5Acof9Ud
2eYn/bVdY+vBzlLDHEdGfkmkTFChRANCAAR/7MOYLYY/BJTteClWFcYymmGtVdby
T4vpSxOoHPVrDMWinUC5bXnd5gqTvuO8bAFSvzg1q0MIQpHL/9SZYcyR
-----END PRIVATE KEY-----
`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBcjCCARegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH/sw5gthj8ElO14
KVYVxjKaYa1V1vJPi+lLE6gc9WsMxaKdQLlted3mCpO+47xsAVK/ODWrQwhCkcv/
1JlhzJGjWDBWMCcGA1UdEQQgMB6CCWxvY2FsaG9zdIILdGxzLmV4YW1wbGWHBH8A
AAEwDAYDVR0TBAUwAwEB/zAdBgNVHQ4EFgQUUU7fbDhIeS4JX2xhHG6DRWosxp8w
CgYIKoZIzj0EAwIDSQAwRgIhALX5V5l45Bwbr7dXOajmzkG9Xu6hA4xK3x4QVUmE
dHGFAiEAz9WdOPwssF9F3hITOyK85xQQbBMnWB/r4/RcosdS/YY=
-----END CERTIFICATE-----
`

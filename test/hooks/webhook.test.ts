import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { event, secret, setUpAttempts } from '../support/webhook-attempts.ts'

const { receiver, createSender, targetOf, attempt } = setUpAttempts()

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
    const sender = createSender()
    receiver.behave((_request, count) => ({ status: count < 3 ? 503 : 200 }))

    const kinds: string[] = []
    for (let n = 0; n < 3; n++) {
      kinds.push((await sender.send(targetOf(), event, new AbortController().signal)).kind)
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
    const sender = createSender()
    const stop = new AbortController()
    receiver.behave(({ path }) => (path === '/slow' ? 'hang' : {}))
    const slow = Array.from({ length: 20 }, () =>
      sender.send(targetOf({ url: new URL('/slow', receiver.url).href }), event, stop.signal),
    )
    const ended = Promise.allSettled(slow)

    expect(await sender.send(targetOf(), event, stop.signal)).toMatchObject({ kind: 'accepted' })

    stop.abort()
    await ended
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

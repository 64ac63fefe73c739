import { createServer } from 'node:net'

import { describe, expect, onTestFinished, test } from 'vitest'

import type { LookupAll } from '../../src/hooks/address-guard.ts'
import { event, setUpAttempts } from '../support/webhook-attempts.ts'
import { type Behaviour, createWebhookReceiver } from '../support/webhook-receiver.ts'

const { receiver, createSender, targetOf, attempt, attemptAgainst } = setUpAttempts()

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

  test('an attempt that was given up is not sent when its name is found at last', async () => {
    const held: (() => void)[] = []
    const lookup: LookupAll = (_hostname, _options, callback) =>
      void held.push(() => callback(null, [{ address: '127.0.0.1', family: 4 }]))
    const sender = createSender({ lookup })
    const stop = new AbortController()
    const url = `http://late.example:${receiver.port}/`
    const send = (id: string, signal: AbortSignal) => sender.send(targetOf({ url }), { ...event, id }, signal)

    const first = send('evt_given_up', stop.signal).catch(() => 'aborted')
    await expect.poll(() => held.length).toBe(1)
    stop.abort()
    expect(await first).toBe('aborted')
    held[0]?.()
    const second = send('evt_wanted', new AbortController().signal)
    await expect.poll(() => held.length).toBe(2)
    held[1]?.()

    expect(await second).toMatchObject({ kind: 'accepted' })
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual(['evt_wanted'])
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

import { describe, expect, onTestFinished, test } from 'vitest'

import { secret, setUpAttempts } from '../support/webhook-attempts.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'

const { receiver, attempt, attemptAgainst } = setUpAttempts()

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

  test('a secret that begins like another one leaves no tail', async () => {
    receiver.behave(() => ({ status: 404, body: 'abcdef-ghijkl is unknown' }))

    expect(await attempt({ url: `${receiver.url}?a=abcdef&b=abcdef-ghijkl` })).toMatchObject({
      excerpt: '[redacted] is unknown',
    })
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

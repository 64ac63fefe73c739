import { createHmac, randomBytes } from 'node:crypto'

import { verifyAsync } from '@noble/ed25519'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, test } from 'vitest'

import { decideDelivery } from '../../src/domain/delivery-policy.ts'
import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { parseHookSecret } from '../../src/domain/hook-secret.ts'
import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import { DEADLINE_MS } from '../../src/hooks/http-attempt.ts'
import { publicKeyOf } from '../../src/hooks/signature.ts'
import { event, secret, setUpAttempts } from '../support/webhook-attempts.ts'

/**
 * Standard Webhooks 1.0.0, one case for each sentence that binds a sender, in its order. What it says of many attempts
 * and of whole hooks is in the cases of `work/hook-health.test.ts` that carry its words.
 */

const { receiver, createSender, targetOf, attempt, attemptAgainst } = setUpAttempts()
const never = new AbortController().signal
const pair = `whsk_${randomBytes(32).toString('base64')}`

async function sent(one: OutgoingEvent = event, format: 'standard' | 'cloudevents' = 'standard') {
  await createSender().send(targetOf({ format }), one, never)
  const request = receiver.requests.at(-1)
  if (request === undefined) throw new Error('nothing came')
  return request
}

const contentOf = ({ headers, body }: Awaited<ReturnType<typeof sent>>) =>
  `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`

describe('Payload structure', () => {
  test('“The payload should be passed in the HTTP body.”', async () => {
    expect(JSON.parse((await sent()).body)).toMatchObject({ data: event.data })
  })

  test('“The payload should be JSON formatted.”', async () => {
    expect((await sent()).headers['content-type']).toBe('application/json')
    expect((await sent(event, 'cloudevents')).headers['content-type']).toMatch(/\+json/)
  })

  test('“type: a full-stop delimited type associated with the event.”', async () => {
    expect(JSON.parse((await sent()).body).type).toBe('migration.completed')
  })

  test('“timestamp: the timestamp of when the event occurred (not necessarily the same of when it was delivered).”', async () => {
    expect(JSON.parse((await sent()).body).timestamp).toBe(event.time)
  })

  test('“data: the actual event data associated with the event.”', async () => {
    expect(JSON.parse((await sent()).body).data).toEqual(event.data)
  })

  test('“keep the size of payloads small, usually smaller than 20kb”', async () => {
    expect((await sent()).body.length).toBeLessThan(20_000)
  })
})

describe('Webhook metadata', () => {
  test('“Every time an attempt is retried the timestamp of the attempt is updated, while the timestamp of the original event remains the same.”', async () => {
    const first = await sent()
    const second = () => Date.now() >= (Number(first.headers['webhook-timestamp']) + 1) * 1000
    await expect.poll(second, { timeout: 3_000 }).toBe(true)
    const again = await sent()

    expect(Number(again.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(first.headers['webhook-timestamp']),
    )
    expect(again.body).toBe(first.body)
  })

  test('“it remains the same no matter how many times a webhook that has failed is retried”', async () => {
    receiver.behave((_, count) => ({ status: count < 3 ? 500 : 200 }))
    for (let attempts = 0; attempts < 3; attempts++) await sent()

    const ids = receiver.requests.map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual([event.id, event.id, event.id])
  })
})

describe('Signature scheme', () => {
  test('“The content to be signed is therefore: {msg_id}.{timestamp}.{payload}.”', async () => {
    const request = await sent()
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const hmac = createHmac('sha256', key).update(contentOf(request)).digest('base64')

    expect(request.headers['webhook-signature']).toBe(`v1,${hmac}`)
  })

  test('“It’s important that both the message id and the timestamp […] not be allowed to include any `.`”', async () => {
    const { headers } = await sent()

    expect(headers['webhook-id']).toMatch(/^[^.]+$/)
    expect(headers['webhook-timestamp']).toMatch(/^\d+$/)
  })

  test('“make sure that the payload sent is the same as the payload signed”: to the byte, whatever it holds', async () => {
    const odd = { text: 'Åse & søn 🛬 \u2028 "quoted" \\ </script>', 'a.b': [1.5, -0, 1e21, null] }
    const { body, headers } = await sent({ ...event, data: odd })

    const signed = headers as Record<string, string>
    expect(new Webhook(secret).verify(body, signed)).toMatchObject({ data: { text: odd.text } })
    expect(() => new SvixWebhook(secret).verify(body, signed)).not.toThrow()
    expect(() => new SvixWebhook(secret).verify(`${body} `, signed)).toThrow()
  })

  test('“Signature scheme: HMAC-SHA256”, “Signature identifier: v1”: the official libraries verify it', async () => {
    const { body, headers } = await sent()

    for (const Verifier of [Webhook, SvixWebhook]) {
      const verify = () => new Verifier(secret).verify(body, headers as Record<string, string>)
      expect(verify).not.toThrow()
    }
  })

  test('“Signature scheme: ed25519”, “Signature identifier: v1a”: another implementation verifies it', async () => {
    await attempt({ secrets: [pair] })
    const [request] = receiver.requests
    if (request === undefined) throw new Error('nothing came')
    const [version, signature = ''] = String(request.headers['webhook-signature']).split(',')
    const key = Buffer.from(publicKeyOf(pair)?.replace('whpk_', '') ?? '', 'base64')

    expect(version).toBe('v1a')
    const content = Buffer.from(contentOf(request))
    expect(await verifyAsync(Buffer.from(signature, 'base64'), content, key)).toBe(true)
  })

  test('“Signing secret: Random. At least 24 bytes (192 bits, 512 maximum)”', () => {
    const kindOf = (bytes: number) => parseHookSecret(`whsec_${randomBytes(bytes).toString('base64')}`).kind
    expect([23, 24, 64, 65].map(kindOf)).toEqual(['invalid', 'shared', 'shared', 'invalid'])
  })

  test('“base64 encoded, prefixed with whsec_”, “with whsk_ for the secret key, and whpk_ for the public key”', () => {
    expect(parseHookSecret(secret).kind).toBe('shared')
    expect(parseHookSecret(pair).kind).toBe('pair')
    expect(publicKeyOf(pair)).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
  })
})

describe('Webhook headers', () => {
  test('“the webhook payload should be sent as the body of an HTTP POST request”', async () => {
    expect((await sent()).method).toBe('POST')
  })

  test('“All of the headers should be prefixed with webhook- and follow the exact naming as below.”', async () => {
    const own = Object.keys((await sent()).headers).filter((name) => name.startsWith('webhook-'))
    expect(own.sort()).toEqual(['webhook-id', 'webhook-signature', 'webhook-timestamp'])
  })

  test('“webhook-timestamp: integer unix timestamp (seconds since epoch)”', async () => {
    const seconds = Number((await sent()).headers['webhook-timestamp'])

    expect(Number.isInteger(seconds)).toBe(true)
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(10)
  })

  test('“The signature header is a space delimited list of signatures”: each of them by one secret', async () => {
    const old = `whsec_${randomBytes(32).toString('base64')}`
    await attempt({ secrets: [pair, secret, old] })
    const [request] = receiver.requests

    const versions = String(request?.headers['webhook-signature'])
      .split(' ')
      .map((one) => one.split(',')[0])
    expect(versions).toEqual(['v1a', 'v1', 'v1'])
    expect(receiver.verified(secret)).toHaveLength(1)
    expect(receiver.verified(old)).toHaveLength(1)
  })
})

describe('Event types', () => {
  test.each(EVENT_TYPES)(
    '“hierarchical, and full-stop delimited […] limited to [a-zA-Z0-9_]”: %s',
    (type) => {
      expect(type).toMatch(/^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)+$/)
    },
  )
})

describe('Deliverability and reliability', () => {
  const now = new Date('2026-01-01')
  const failed = { kind: 'refused', status: 500, excerpt: '' } as const
  const waits = (jitter: number) =>
    Array.from({ length: 10 }, (_, index) => {
      const decision = decideDelivery(failed, index + 1, now, jitter)
      return decision.kind === 'retry' ? (decision.at.getTime() - now.getTime()) / 1000 : decision.kind
    })

  test('“retry delivery following a retry schedule spanning multiple days, with an exponential backoff”', () => {
    expect(waits(0)).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 'dead'])
  })

  test('“add some level of random jitter to retries”', () => {
    expect(waits(0.5)[1]).toBe(330)
    expect(waits(0.9)[1]).toBe(354)
  })
})

describe('Delivery success and failure', () => {
  test.each([200, 201, 202, 204, 226, 299])('“2xx: Success.”: %i', async (status) => {
    expect(await attemptAgainst(() => ({ status }))).toMatchObject({ kind: 'accepted' })
  })

  test.each([300, 301, 302, 303, 307, 308])('“3xx: Failure.” and not followed: %i', async (status) => {
    const location = '/elsewhere'

    expect(await attemptAgainst(() => ({ status, headers: { location } }))).toMatchObject({ kind: 'refused' })
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook'])
  })

  test.each([400, 404, 410, 418, 429, 500, 502, 504])(
    '“The rest of the status codes should be treated as a failure.”: %i',
    async (status) => {
      expect(await attemptAgainst(() => ({ status }))).toMatchObject({ kind: 'refused', status })
    },
  )

  test('“request timeouts, connection resets”: failures', async () => {
    expect(await attemptAgainst(() => 'hang', { deadlineMs: 50 })).toMatchObject({ kind: 'unreachable' })
    expect(await attemptAgainst(() => 'reset')).toMatchObject({ kind: 'unreachable' })
  })

  test('“410 Gone: […] Sender should disable the webhook endpoint”', () => {
    expect(decideDelivery({ kind: 'refused', status: 410, excerpt: '' }, 1, new Date(), 0).kind).toBe('gone')
  })

  test.each(['120', 'date'])(
    '“Retry-After […] should be taken into consideration when scheduling the next attempt”: %s',
    async (form) => {
      const value = form === 'date' ? new Date(Date.now() + 120_000).toUTCString() : form
      const outcome = await attemptAgainst(() => ({ status: 503, headers: { 'retry-after': value } }))
      const now = new Date()
      const decision = decideDelivery(outcome, 1, now, 0)

      const waitMs = decision.kind === 'retry' ? decision.at.getTime() - now.getTime() : 0
      expect(waitMs).toBeGreaterThan(115_000)
      expect(waitMs).toBeLessThanOrEqual(120_000)
    },
  )
})

describe('Request timeouts', () => {
  test('“A recommended request timeout value for webhooks is somewhere between 15 and 30s.”', () => {
    expect(DEADLINE_MS).toBeGreaterThanOrEqual(15_000)
    expect(DEADLINE_MS).toBeLessThanOrEqual(30_000)
  })
})

describe('Server side request forgery', () => {
  test('“prevent the webhooks from calling into internal networks and services”', async () => {
    expect(await attempt({}, { allowPrivate: false })).toMatchObject({ kind: 'refused_address' })
    expect(receiver.requests).toEqual([])
  })
})

import { createHmac, randomBytes } from 'node:crypto'

import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

import { parseHookSecret, sign } from '../../src/hooks/signature.ts'

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`
const body = '{"type":"migration.completed","data":{"company":"Åse & søn 🛬"}}'

describe('sign', () => {
  test('the official library verifies what we sign', () => {
    for (const bytes of [24, 25, 32, 64]) {
      const secret = secretOf(bytes)
      const headers = sign([secret], 'evt_1', new Date(), body)

      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    }
  })

  test('is the HMAC of id, timestamp and body that the specification describes', () => {
    const secret = secretOf(32)
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')

    const headers = sign([secret], 'evt_1', new Date('2026-03-04T09:22:41.999Z'), body)

    const hmac = createHmac('sha256', key).update(`evt_1.1772616161.${body}`).digest('base64')
    expect(headers).toEqual({
      'webhook-id': 'evt_1',
      'webhook-timestamp': '1772616161',
      'webhook-signature': `v1,${hmac}`,
    })
  })

  test('makes the signature of the specification’s own example', () => {
    const example = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const headers = sign(
      [example],
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1_614_265_330_000),
      '{"test": 2432232314}',
    )

    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('signs with every secret while one rotates', () => {
    const [before, after] = [secretOf(32), secretOf(32)]
    const headers = sign([before, after], 'evt_1', new Date(), body)

    expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
    for (const secret of [before, after]) {
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
    }
    expect(() => new Webhook(secretOf(32)).verify(body, headers)).toThrow('No matching signature')
  })

  test('a change of one byte breaks it', () => {
    const secret = secretOf(32)
    const headers = sign([secret], 'evt_1', new Date(), body)

    expect(() => new Webhook(secret).verify(body.replace('completed', 'completeD'), headers)).toThrow()
  })

  test('refuses to send unsigned, and to sign with what is no secret', () => {
    expect(() => sign([], 'evt_1', new Date(), body)).toThrow('without a secret')
    expect(() => sign(['hunter2hunter2'], 'evt_1', new Date(), body)).toThrow('must start with whsec_')
  })
})

describe('parseHookSecret', () => {
  test('takes 24 to 64 bytes', () => {
    expect(parseHookSecret(secretOf(24)).kind).toBe('ok')
    expect(parseHookSecret(secretOf(64)).kind).toBe('ok')
  })

  test.each([
    ['nothing', '', 'start with whsec_'],
    ['no prefix', randomBytes(32).toString('base64'), 'start with whsec_'],
    ['an ed25519 key', `whsk_${randomBytes(32).toString('base64')}`, 'start with whsec_'],
    ['only the prefix', 'whsec_', '24 to 64 bytes, this one 0'],
    ['23 bytes', secretOf(23), '24 to 64 bytes, this one 23'],
    ['65 bytes', secretOf(65), '24 to 64 bytes, this one 65'],
    ['no padding', secretOf(32).replace(/=+$/, ''), 'padded base64'],
    ['the URL alphabet', `whsec_${'-_'.repeat(20)}`, 'padded base64'],
    ['a line end', `${secretOf(24)}\n`, 'padded base64'],
  ])('says what is wrong without repeating it: %s', (_name, secret, reason) => {
    const parsed = parseHookSecret(secret)

    expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) })
    const hidden = secret.slice('whsec_'.length).trim()
    if (hidden !== '') expect(JSON.stringify(parsed)).not.toContain(hidden)
  })
})

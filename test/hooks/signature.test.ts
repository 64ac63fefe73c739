import { createHmac, randomBytes } from 'node:crypto'

import { verifyAsync } from '@noble/ed25519'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, test } from 'vitest'

import { publicKeyOf, sign } from '../../src/hooks/signature.ts'

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`
/** A pair as the specification's authors publish it in the documentation of their service. */
const PAIR = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const PUBLIC = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='
const body = '{"type":"migration.completed","data":{"company":"Åse & søn 🛬"}}'

describe('sign', () => {
  test('the official libraries verify what we sign', () => {
    for (const bytes of [24, 25, 32, 64]) {
      const secret = secretOf(bytes)
      const headers = sign([secret], 'evt_1', new Date(), body)

      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      expect(() => new SvixWebhook(secret).verify(body, headers)).not.toThrow()
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
    expect(() => sign(['hunter2hunter2'], 'evt_1', new Date(), body)).toThrow('does not begin with whsec_')
  })
})

describe('sign, with an ed25519 key', () => {
  const at = new Date('2026-03-04T09:22:41.999Z')
  const content = Buffer.from(`evt_1.1772616161.${body}`)
  const keyOf = (publicKey: string) => Buffer.from(publicKey.replace('whpk_', ''), 'base64')

  test('another implementation verifies what we sign, with the public key that we tell', async () => {
    const seed = randomBytes(32)
    const secrets = [PAIR, `whsk_${seed.toString('base64')}`]
    for (const secret of secrets) {
      const [version, signature = ''] = sign([secret], 'evt_1', at, body)['webhook-signature'].split(',')

      expect(version).toBe('v1a')
      const key = keyOf(publicKeyOf(secret) ?? '')
      expect(await verifyAsync(Buffer.from(signature, 'base64'), content, key)).toBe(true)
      expect(await verifyAsync(Buffer.from(signature, 'base64'), Buffer.from('other'), key)).toBe(false)
    }
  })

  test('a seed and the pair that it makes sign the same', () => {
    const seed = `whsk_${Buffer.from(PAIR.slice(5), 'base64').subarray(0, 32).toString('base64')}`

    expect(sign([seed], 'evt_1', at, body)).toEqual(sign([PAIR], 'evt_1', at, body))
  })

  test('the public key is the one that was published with the secret one', () => {
    expect(publicKeyOf(PAIR)).toBe(PUBLIC)
    expect(publicKeyOf(secretOf(32))).toBeNull()
  })

  test('a receiver may change from a shared secret to a pair while both sign', async () => {
    const secret = secretOf(32)
    const headers = sign([PAIR, secret], 'evt_1', new Date(), body)

    expect(headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}== v1,[A-Za-z0-9+/]{43}=$/)
    expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
  })
})

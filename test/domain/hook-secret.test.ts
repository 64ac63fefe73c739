import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { parseHookSecret } from '../../src/domain/hook-secret.ts'

const secretOf = (bytes: number, prefix = 'whsec_') => `${prefix}${randomBytes(bytes).toString('base64')}`

describe('parseHookSecret', () => {
  test.each([24, 32, 64])('a shared secret may hold %i bytes', (bytes) => {
    const key = randomBytes(bytes)

    expect(parseHookSecret(`whsec_${key.toString('base64')}`)).toEqual({
      kind: 'shared',
      key: new Uint8Array(key),
    })
  })

  test('a pair is a seed, alone or with its public half behind it', () => {
    const [seed, open] = [randomBytes(32), randomBytes(32)]
    const pair = Buffer.concat([seed, open]).toString('base64')

    expect(parseHookSecret(`whsk_${seed.toString('base64')}`)).toEqual({
      kind: 'pair',
      seed: new Uint8Array(seed),
      publicKey: null,
    })
    expect(parseHookSecret(`whsk_${pair}`)).toMatchObject({ kind: 'pair', publicKey: new Uint8Array(open) })
  })

  test.each([
    ['nothing', '', 'does not begin with whsec_ or whsk_'],
    ['no prefix', randomBytes(32).toString('base64'), 'does not begin with'],
    ['a public key', secretOf(32, 'whpk_'), "is a receiver's public key"],
    ['only the prefix', 'whsec_', 'holds 0 bytes'],
    ['23 bytes', secretOf(23), 'holds 23 bytes after whsec_, not 24 to 64'],
    ['65 bytes', secretOf(65), 'holds 65 bytes'],
    ['half a seed', secretOf(16, 'whsk_'), 'holds 16 bytes after whsk_, not 64'],
    ['no padding', secretOf(32).replace(/=+$/, ''), 'is not base64 after'],
    ['the URL alphabet', `whsec_${'-_'.repeat(20)}`, 'is not base64 after'],
    ['a line end', `${secretOf(24)}\n`, 'is not base64 after'],
  ])('says what is wrong without repeating it: %s', (_name, secret, reason) => {
    const parsed = parseHookSecret(secret)

    expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) })
    const hidden = secret.slice('whsec_'.length).trim()
    if (hidden !== '') expect(JSON.stringify(parsed)).not.toContain(hidden)
  })
})

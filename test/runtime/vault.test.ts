import { expect, test } from 'vitest'

import { createVault } from '../../src/runtime/vault.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const vault = createVault(key(1))

test('what was sealed comes out again, and does not show', () => {
  const sealed = vault.seal('a secret – näher besehen', 'hook ops')
  expect(sealed).not.toContain('secret')
  expect(vault.open(sealed, 'hook ops')).toBe('a secret – näher besehen')
})

test('the same text never looks the same', () => {
  expect(vault.seal('a', 'b')).not.toBe(vault.seal('a', 'b'))
})

test('another key, or another owner, opens nothing', () => {
  const sealed = vault.seal('a', 'hook ops')
  expect(createVault(key(2)).open(sealed, 'hook ops')).toBeNull()
  expect(vault.open(sealed, 'hook team')).toBeNull()
})

test('no byte can be altered, cut off or added', () => {
  const sealed = vault.seal('a text', 'b')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes)
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at)
    expect(vault.open(`v1.${altered.toString('base64url')}`, 'b')).toBeNull()
    expect(vault.open(`v1.${bytes.subarray(0, at).toString('base64url')}`, 'b')).toBeNull()
  }
  const longer = Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url')
  for (const wrong of [`v1.${longer}`, `v2.${sealed.slice(3)}`, '', 'v1.'])
    expect(vault.open(wrong, 'b')).toBeNull()
})

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

import { parseHookSecret } from '../domain/hook-secret.ts'
import { flawOfKey } from '../domain/key-form.ts'
import type { Secret } from './config.ts'
import { formOf } from './form.ts'
import { ok, type Parsed, value, wrong } from './values.ts'

export function apiKey() {
  const expected = 'the key as the provider shows it, without spaces'
  return value({ expected, parse: (raw) => readToken(raw, 1), secret: true })
}

const MIN_TOKEN_LENGTH = 16

export function apiToken() {
  const expected = `at least ${MIN_TOKEN_LENGTH} characters without spaces; make one: openssl rand -hex 32`
  return value({ expected, parse: (raw) => readToken(raw, MIN_TOKEN_LENGTH), secret: true })
}

/** It travels in a header. */
function readToken(raw: unknown, minLength: number): Parsed<Secret> {
  if (typeof raw !== 'string') return wrong()
  const flaw = flawOfKey(raw)
  if (flaw !== null) return wrong(flaw)
  return raw.length >= minLength ? ok(raw) : wrong()
}

const KEY_BYTES = 32

/** What stored hooks are encrypted with. */
export function secretKey() {
  const expected = `the base64 of ${KEY_BYTES} random bytes; make one: openssl rand -base64 ${KEY_BYTES}`
  return value({ expected, parse: readSecretKey, secret: true })
}

function readSecretKey(raw: unknown): Parsed<Secret> {
  if (typeof raw !== 'string') return wrong()
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(raw)) return wrong(`${formOf(raw, true)} that is not base64`)
  const { length } = Buffer.from(raw, 'base64')
  return length === KEY_BYTES ? ok(raw) : wrong(`${formOf(raw, true)} that holds ${length} bytes`)
}

/** One secret, or several (newest first) as a YAML list or with spaces between, while it rotates. */
export function webhookSecrets() {
  const expected =
    'whsec_ and the base64 of 24 to 64 random bytes, or whsk_ and an ed25519 key, as a webhook must be signed; ' +
    'make one: echo "whsec_$(openssl rand -base64 32)"'
  return value({ expected, parse: readWebhookSecrets, secret: true })
}

/** What a provider signs with is its own choice, as long as it is a shared secret. */
export function ingestSecrets() {
  const expected = 'whsec_ and the base64 of the secret, as the provider shows it (several while it rotates)'
  const parse = (raw: unknown): Parsed<readonly Secret[]> => {
    const given: unknown[] = typeof raw === 'string' ? raw.split(/\s+/) : Array.isArray(raw) ? raw : []
    const good = given.filter(
      (one) => typeof one === 'string' && /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(one),
    )
    return given.length > 0 && good.length === given.length ? ok(good.map(String)) : wrong()
  }
  return value({ expected, parse, secret: true })
}

function readWebhookSecrets(raw: unknown): Parsed<readonly Secret[]> {
  const given: unknown[] = typeof raw === 'string' ? raw.split(/\s+/) : Array.isArray(raw) ? raw : []
  if (given.length === 0) return wrong()
  for (const secret of given) {
    const mistake = mistakeIn(secret)
    if (mistake !== null) return wrong(mistake)
  }
  return ok(given.map(String))
}

function mistakeIn(secret: unknown): string | null {
  if (typeof secret !== 'string') return 'a list with something other than texts in it'
  const flaw = flawOfKey(secret)
  if (flaw !== null) return flaw
  const parsed = parseHookSecret(secret)
  if (parsed.kind === 'invalid') return `${formOf(secret, true)} that ${parsed.reason}`
  const isTorn = parsed.kind === 'pair' && parsed.publicKey !== null && !isPair(parsed.seed, parsed.publicKey)
  return isTorn ? `${formOf(secret, true)} whose two halves are not of one key` : null
}

/** A secret that was cut and pasted together would sign what nobody can verify. */
function isPair(seed: Uint8Array, publicKey: Uint8Array): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: base64url(seed), x: base64url(publicKey) }
  try {
    const probe = Buffer.from('probe')
    const signature = sign(null, probe, createPrivateKey({ key: jwk, format: 'jwk' }))
    const { d: _, ...open } = jwk
    return verify(null, probe, createPublicKey({ key: open, format: 'jwk' }), signature)
  } catch {
    return false
  }
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign as signWithKey,
} from 'node:crypto'

import { Webhook } from 'standardwebhooks'

import { PAIR_PREFIX, PUBLIC_PREFIX, parseHookSecret, SHARED_PREFIX } from '../domain/hook-secret.ts'

/** The headers that identify and sign one attempt. */
export interface SignatureHeaders extends Record<string, string> {
  'webhook-id': string
  'webhook-timestamp': string
  'webhook-signature': string
}

/**
 * Signs as Standard Webhooks 1.0 says, once per secret: while one rotates, a receiver with either accepts.
 * Throws where a secret is not one, as that was to be refused when it was set.
 */
export function sign(
  secrets: readonly string[],
  id: string,
  timestamp: Date,
  body: string,
): SignatureHeaders {
  if (secrets.length === 0) throw new Error('cannot sign a webhook without a secret')
  const signatures = secrets.map((secret) => signWith(secret, id, timestamp, body))
  return {
    'webhook-id': id,
    'webhook-timestamp': secondsOf(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}

/** A new secret: a key for both sides, or the secret half of an ed25519 pair. */
export function createSecret(kind: 'shared' | 'pair'): string {
  const bytes = randomBytes(32)
  if (kind === 'shared') return SHARED_PREFIX + bytes.toString('base64')
  return PAIR_PREFIX + Buffer.concat([bytes, publicHalf(bytes)]).toString('base64')
}

/** `whpk_…`, by which the receiver of an ed25519 key's signatures verifies them; null for a shared secret. */
export function publicKeyOf(secret: string): string | null {
  const parsed = parseHookSecret(secret)
  if (parsed.kind !== 'pair') return null
  return PUBLIC_PREFIX + publicHalf(parsed.seed).toString('base64')
}

/** What receivers of these secrets' signatures need, as far as it may be told. */
export function publicKeysOf(secrets: readonly string[]): string[] {
  return secrets.map(publicKeyOf).filter((key) => key !== null)
}

function publicHalf(seed: Uint8Array): Buffer {
  const { x = '' } = createPublicKey(privateKey(seed)).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url')
}

function signWith(secret: string, id: string, timestamp: Date, body: string): string {
  const parsed = parseHookSecret(secret)
  switch (parsed.kind) {
    case 'shared':
      return new Webhook(parsed.key, { format: 'raw' }).sign(id, timestamp, body)
    case 'pair': {
      // The package knows shared secrets only.
      const content = Buffer.from(`${id}.${secondsOf(timestamp)}.${body}`)
      return `v1a,${signWithKey(null, content, privateKey(parsed.seed)).toString('base64')}`
    }
    case 'invalid':
      throw new Error(`cannot sign a webhook: its secret ${parsed.reason}`)
    default:
      return parsed satisfies never
  }
}

/** What PKCS #8 writes before an ed25519 seed (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
}

function secondsOf(moment: Date): string {
  return String(Math.floor(moment.getTime() / 1000))
}

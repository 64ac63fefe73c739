import { Webhook } from 'standardwebhooks'

/** The key inside a `whsec_…` secret, or what is wrong with the secret, in words that do not repeat it. */
export type ParsedSecret =
  | { readonly kind: 'ok'; readonly key: Uint8Array }
  | { readonly kind: 'invalid'; readonly reason: string }

const PREFIX = 'whsec_'
const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function parseHookSecret(secret: string): ParsedSecret {
  if (!secret.startsWith(PREFIX)) return invalid(`a hook's secret must start with ${PREFIX}`)
  const encoded = secret.slice(PREFIX.length)
  // Buffer skips what is not base64, and would sign with another key than the receiver's.
  if (!BASE64.test(encoded)) return invalid(`a hook's secret must be padded base64 after ${PREFIX}`)
  const key = Buffer.from(encoded, 'base64')
  if (key.length < MIN_KEY_BYTES || key.length > MAX_KEY_BYTES) {
    return invalid(
      `a hook's secret must hold ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes, this one ${key.length}`,
    )
  }
  return { kind: 'ok', key }
}

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
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  }
}

function signWith(secret: string, id: string, timestamp: Date, body: string): string {
  const parsed = parseHookSecret(secret)
  if (parsed.kind === 'invalid') throw new Error(`cannot sign a webhook: ${parsed.reason}`)
  return new Webhook(parsed.key, { format: 'raw' }).sign(id, timestamp, body)
}

function invalid(reason: string): ParsedSecret {
  return { kind: 'invalid', reason }
}

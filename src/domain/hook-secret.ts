/**
 * What signs a hook's requests, by its form: `whsec_…` is a key that both sides hold, `whsk_…` the secret half of an
 * ed25519 pair whose public half is `whpk_…`. Or what is wrong with it, in words that do not repeat it.
 */
export type ParsedSecret =
  | { readonly kind: 'shared'; readonly key: Uint8Array }
  /** `publicKey` is null where the secret is the seed alone. */
  | { readonly kind: 'pair'; readonly seed: Uint8Array; readonly publicKey: Uint8Array | null }
  | { readonly kind: 'invalid'; readonly reason: string }

export const SHARED_PREFIX = 'whsec_'
export const PAIR_PREFIX = 'whsk_'
export const PUBLIC_PREFIX = 'whpk_'

const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64
/** An ed25519 key is written as its seed and public half together, as most libraries do, or as the seed alone. */
const SEED_BYTES = 32
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function parseHookSecret(secret: string): ParsedSecret {
  if (secret.startsWith(PUBLIC_PREFIX)) {
    return invalid("is a receiver's public key, which signs nothing")
  }
  const prefix = [SHARED_PREFIX, PAIR_PREFIX].find((one) => secret.startsWith(one))
  if (prefix === undefined) return invalid(`does not begin with ${SHARED_PREFIX} or ${PAIR_PREFIX}`)
  const encoded = secret.slice(prefix.length)
  // Decoders skip what is not base64, and would sign with another key than the receiver's.
  if (!BASE64.test(encoded)) return invalid(`is not base64 after ${prefix}`)
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
  return prefix === PAIR_PREFIX ? parsePair(bytes) : parseShared(bytes)
}

function parseShared(key: Uint8Array): ParsedSecret {
  if (key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES) return { kind: 'shared', key }
  return invalid(`holds ${key.length} bytes after ${SHARED_PREFIX}, not ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES}`)
}

function parsePair(bytes: Uint8Array): ParsedSecret {
  if (bytes.length === SEED_BYTES) return { kind: 'pair', seed: bytes, publicKey: null }
  if (bytes.length === 2 * SEED_BYTES) {
    return { kind: 'pair', seed: bytes.slice(0, SEED_BYTES), publicKey: bytes.slice(SEED_BYTES) }
  }
  return invalid(`holds ${bytes.length} bytes after ${PAIR_PREFIX}, not 64 (or the 32 of a seed)`)
}

function invalid(reason: string): ParsedSecret {
  return { kind: 'invalid', reason }
}

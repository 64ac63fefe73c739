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

/** It travels in a header, so only visible ASCII will do. */
function readToken(raw: unknown, minLength: number): Parsed<Secret> {
  if (typeof raw !== 'string') return wrong()
  if (!/^[\x21-\x7e]*$/.test(raw))
    return wrong('a text with spaces, line breaks or other than ASCII characters')
  return raw.length >= minLength ? ok(raw) : wrong()
}

/** One secret, or several (newest first) as a YAML list or with spaces between, while it rotates. */
export function webhookSecrets() {
  const expected =
    'whsec_ and the base64 of 24 to 64 random bytes, as a webhook must be signed; ' +
    'make one: echo "whsec_$(openssl rand -base64 32)"'
  return value({ expected, parse: readWebhookSecrets, secret: true })
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

const PREFIX = 'whsec_'

function mistakeIn(secret: unknown): string | null {
  if (typeof secret !== 'string') return 'a list with something other than texts in it'
  const form = formOf(secret, true)
  if (!secret.startsWith(PREFIX)) return `${form} that does not begin with ${PREFIX}`

  const encoded = secret.slice(PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) return `${form} that is not base64 after ${PREFIX}`
  return bytes.length >= 24 && bytes.length <= 64
    ? null
    : `${form} that holds ${bytes.length} bytes after ${PREFIX}`
}

import { isIP } from 'node:net'

import { isLoopback } from '../runtime/loopback.ts'
import { formOf } from './form.ts'
import { ok, type Parsed, value, wrong } from './values.ts'

export function host() {
  const expected = 'an IP address or a host name, without port'
  const parse = (raw: unknown): Parsed<string> => {
    if (typeof raw !== 'string') return wrong()
    const bare = raw.replace(/^\[(.*)\]$/, '$1')
    return isIP(bare) > 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(bare) ? ok(bare) : wrong()
  }
  return value({ expected, parse })
}

/** Where requests with the account's key go; comes out without a slash at the end. */
export function providerUrl() {
  const expected = 'an https URL without user name, password and query (http only to a loopback address)'
  return value({ expected, parse: readProviderUrl, secret: true })
}

function readProviderUrl(raw: unknown): Parsed<string> {
  const parsed = readUrl(raw, ['http:', 'https:'])
  if (parsed.kind === 'wrong') return parsed
  const url = parsed.value
  if (url.protocol === 'http:' && !hasCredentials(url) && !isLoopback(url.hostname)) {
    return wrong('an http URL to another machine, where the key would travel in clear')
  }
  return plainAddress(url)
}

function plainAddress(url: URL): Parsed<string> {
  if (hasCredentials(url)) return wrong('a URL with a user name or password in it')
  if (url.search !== '' || url.hash !== '') return wrong('a URL with a query or fragment')
  return ok(`${url.origin}${url.pathname.replace(/\/+$/, '')}`)
}

/** Where people reach the page; comes out without a slash at the end. */
export function publicUrl() {
  const expected =
    'an http or https URL without user name, password and query, such as https://ops.example.com'
  const parse = (raw: unknown): Parsed<string> => {
    const parsed = readUrl(raw, ['http:', 'https:'])
    return parsed.kind === 'wrong' ? parsed : plainAddress(parsed.value)
  }
  return value({ expected, parse })
}

/** Where a webhook is called. Which addresses it may reach is decided when it connects. */
export function webhookUrl() {
  const parse = (raw: unknown): Parsed<string> => {
    const parsed = readUrl(raw, ['http:', 'https:'])
    if (parsed.kind === 'wrong') return parsed
    return hasCredentials(parsed.value)
      ? wrong('a URL with a user name or password in it')
      : ok(parsed.value.href)
  }
  return value({ expected: 'an http or https URL without user name and password', parse, secret: true })
}

export function databaseUrl() {
  const parse = (raw: unknown): Parsed<string> => {
    // `user@/name?host=/run/postgresql` (a socket) has no host, which URLs with a user do not allow.
    const readable = typeof raw === 'string' ? raw.replace('@/', '@localhost/') : raw
    const parsed = readUrl(readable, ['postgres:', 'postgresql:'])
    return parsed.kind === 'wrong' ? parsed : ok(String(raw))
  }
  return value({ expected: `postgres://USER:PASSWORD@HOST:PORT/DATABASE${ENCODED}`, parse, secret: true })
}

export function redisUrl() {
  const parse = (raw: unknown): Parsed<string> => {
    const parsed = readUrl(raw, ['redis:', 'rediss:'])
    return parsed.kind === 'wrong' ? parsed : ok(String(raw))
  }
  return value({ expected: `redis://HOST:PORT/NUMBER or rediss://…${ENCODED}`, parse, secret: true })
}

const ENCODED = ', with special characters in a password percent-encoded'

function readUrl(raw: unknown, protocols: readonly string[]): Parsed<URL> {
  if (typeof raw !== 'string') return wrong()
  const url = raw.includes('://') ? URL.parse(raw) : null
  if (url === null) return wrong(`${formOf(raw, true)} that is no URL`)
  return protocols.includes(url.protocol) ? ok(url) : wrong('a URL of another scheme')
}

function hasCredentials(url: URL): boolean {
  return url.username !== '' || url.password !== ''
}

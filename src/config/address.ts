import { BlockList, isIP } from 'node:net'

import { formOf } from './form.ts'
import { ok, type Parsed, value, wrong } from './values.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine can reach it; brackets around an IPv6 address are allowed. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const family = isIP(bare)
  return family === 0 ? bare === 'localhost' : LOOPBACK.check(bare, family === 4 ? 'ipv4' : 'ipv6')
}

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
  if (hasCredentials(url)) return wrong('a URL with a user name or password in it')
  if (url.search !== '' || url.hash !== '') return wrong('a URL with a query or fragment')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return wrong('an http URL to another machine, where the key would travel in clear')
  }
  return ok(`${url.origin}${url.pathname.replace(/\/+$/, '')}`)
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

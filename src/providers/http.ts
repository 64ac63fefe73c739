import { type Dispatcher, Pool } from 'undici'

import { VERSION } from '../runtime/version.ts'
import { answerOfStatus, rateLimitOf, unusable } from './answers.ts'
import { answerOfBody } from './http-body.ts'
import { createCut, secondsText } from './http-cut.ts'
import {
  type Ask,
  codeOf,
  type Exchanged,
  exchange,
  exchangeAlone,
  openStream,
  type Streamed,
} from './http-exchange.ts'
import type { Answer } from './provider.ts'

export interface HttpLimits {
  /** Name lookup, TCP and TLS together. */
  readonly connectMs: number
  readonly headersMs: number
  /** Between two pieces of a body. */
  readonly bodyPauseMs: number
  /** The whole body. */
  readonly bodyMs: number
  readonly bodyBytes: number
  readonly connections: number
}

export interface ProviderHttpOptions {
  /** Where paths are resolved; the only origin that is ever spoken to. */
  readonly baseUrl: string
  /** Sent with every request; the key is among them. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly limits?: Partial<HttpLimits> | undefined
}

export interface ProviderHttp {
  /** One request, never repeated. Network trouble is an answer, not an exception. */
  getJson(path: string, query: Query, signal: AbortSignal): Promise<Answer<unknown>>
  /** One request, never repeated, whose answer is looked at whatever its status. Anything but a GET dials anew. */
  exchange(ask: Omit<Ask, 'headers'>, signal: AbortSignal): Promise<Exchanged>
  /** A good answer's body, piece by piece; its pieces may take as long as they want. */
  stream(path: string, signal: AbortSignal): Promise<Streamed | Exchanged>
  close(): Promise<void>
}

type Query = Readonly<Record<string, string | number>>

const DEFAULT_LIMITS: HttpLimits = {
  connectMs: 5_000,
  headersMs: 10_000,
  bodyPauseMs: 10_000,
  bodyMs: 15_000,
  bodyBytes: 16 * 1024 * 1024,
  connections: 16,
}

/** HTTP to one provider's origin with one account's key. */
export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const base = parseBaseUrl(options.baseUrl)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  // A pool is bound to its origin: whatever an address says, the key cannot leave for elsewhere.
  const open = (connections: number) =>
    new Pool(base.origin, {
      connections,
      connect: { timeout: limits.connectMs },
      headersTimeout: limits.headersMs,
      bodyTimeout: limits.bodyPauseMs,
      keepAliveMaxTimeout: 60_000,
      allowH2: false,
    })
  const pool = open(limits.connections)
  const headers = () => ({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': `Landfall/${VERSION}`,
    ...options.headers(),
  })

  async function getJson(path: string, query: Query, signal: AbortSignal): Promise<Answer<unknown>> {
    const url = parseAddress(path, query, base)
    if (url === null) return unusable('the address is not one of the provider', false)
    const cut = createCut(signal)
    try {
      // Waiting for a free connection has no deadline of its own in the pool; this one covers it.
      cut.after(limits.connectMs + limits.headersMs, 'no headers')
      const address = url.pathname + url.search
      const response = await pool.request({
        method: 'GET',
        path: address,
        headers: headers(),
        signal: cut.signal,
      })
      cut.after(limits.bodyMs, 'body not complete')
      return await answerOf(response, limits)
    } catch (cause) {
      return unusableAfter(cause, cut.reason(), limits)
    } finally {
      cut.done()
    }
  }

  const askFor = ({ path, ...ask }: Omit<Ask, 'headers'>): Ask | null => {
    const url = parseAddress(path, {}, base)
    return url === null ? null : { ...ask, path: url.pathname + url.search, headers: headers() }
  }
  return {
    getJson,
    exchange: async (ask, signal) => {
      const told = askFor(ask)
      if (told === null) return NOWHERE
      // What changes something must not be repeated, so it must not meet a connection that the server is closing.
      return told.method === 'GET' ? exchange(pool, told, signal) : exchangeAlone(open(1), told, signal)
    },
    stream: async (path, signal) => {
      const told = askFor({ method: 'GET', path })
      return told === null ? NOWHERE : openStream(pool, told, signal)
    },
    close: () => pool.destroy(),
  }
}

const NOWHERE = { kind: 'none', reason: 'the address is not one of the provider', sent: false } as const

function parseBaseUrl(value: string): URL {
  const base = new URL(value)
  if (base.protocol !== 'https:' && base.protocol !== 'http:') throw new Error('a base URL is http or https')
  if (base.username !== '' || base.password !== '') throw new Error('a base URL holds no credentials')
  // Without the slash the last segment of a prefix such as /anon would be replaced, not extended.
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return base
}

function parseAddress(path: string, query: Query, base: URL): URL | null {
  if (!URL.canParse(path, base.href)) return null
  const url = new URL(path, base)
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return null
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
  return url
}

async function answerOf(response: Dispatcher.ResponseData, limits: HttpLimits): Promise<Answer<unknown>> {
  const { statusCode, headers, body } = response
  const now = new Date()
  const rateLimit = rateLimitOf(headers, now)
  const said = answerOfStatus(statusCode, headers, now)
  if (said !== null) {
    // A short body is read to its end so that the connection can be used again; nobody waits for it.
    const signal = AbortSignal.timeout(limits.bodyPauseMs)
    void body.dump({ limit: 64 * 1024, signal }).catch(() => undefined)
    return { ...said, ...rateLimit }
  }
  return { ...(await answerOfBody(response, limits.bodyBytes)), ...rateLimit }
}

function unusableAfter(cause: unknown, cutReason: string | null, limits: HttpLimits): Answer<never> {
  if (cutReason !== null) return unusable(cutReason, cutReason !== 'stopped')
  const code = codeOf(cause)
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return unusable(`no connection within ${secondsText(limits.connectMs)}`, true)
    case 'UND_ERR_HEADERS_TIMEOUT':
      return unusable(`no headers within ${secondsText(limits.headersMs)}`, true)
    case 'UND_ERR_BODY_TIMEOUT':
      return unusable(`body stalled for ${secondsText(limits.bodyPauseMs)}`, true)
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return unusable('stopped', false)
    case 'UND_ERR_INVALID_ARG':
      return unusable('the request cannot be made', false)
    default:
      return unusable(`connection failed (${code})`, true)
  }
}

import type { Dispatcher, Pool } from 'undici'

import { parseExactJson } from '../domain/exact-json.ts'
import { type ResponseHeaders, waitOf } from './answers.ts'
import { readBody } from './http-body.ts'
import { createCut } from './http-cut.ts'
import { unpack } from './http-encoding.ts'
import type { Outcome, Refused } from './provider.ts'

/** A request whose answer is looked at whatever its status. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** As the server sees it: path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: object | undefined
}

export interface Reply {
  readonly kind: 'reply'
  readonly statusCode: number
  readonly headers: ResponseHeaders
  /** Undefined where the body is no JSON. */
  readonly body: unknown
}

/** `sent`: whether it may have reached the provider. */
export type Exchanged = Reply | { readonly kind: 'none'; readonly reason: string; readonly sent: boolean }

/** Before a connection stands nothing has been sent. */
const UNSENT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_INVALID_ARG',
])
/** Changes may take longer than readings. */
const DEADLINE_MS = 30_000
const MOST_BYTES = 4 * 1024 * 1024

/** One request, never repeated. */
export async function exchange(pool: Pool, ask: Ask, signal: AbortSignal): Promise<Exchanged> {
  const cut = createCut(signal)
  const { body, headers, ...line } = ask
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    if (signal.aborted) return { kind: 'none', reason: 'stopped', sent: false }
    cut.after(DEADLINE_MS, 'no answer')
    const sent = { ...line, headers: { ...headers, ...json }, signal: cut.signal }
    const response = await pool.request(body === undefined ? sent : { ...sent, body: JSON.stringify(body) })
    return { kind: 'reply', ...heads(response), body: await jsonOf(response) }
  } catch (cause) {
    const code = codeOf(cause)
    const reason = cut.reason() ?? `connection failed (${code})`
    return { kind: 'none', reason, sent: !UNSENT.has(code) }
  } finally {
    cut.done()
  }
}

/**
 * As `exchange`, over a pool that nothing else uses, and that ends with it. A server may close an idle connection just as a
 * request goes out on it, and then nobody knows whether it arrived; over a new connection that is rare.
 */
export async function exchangeAlone(pool: Pool, ask: Ask, signal: AbortSignal): Promise<Exchanged> {
  let isUnreachable = false
  pool.once('connectionError', () => {
    isUnreachable = true
  })
  try {
    const exchanged = await exchange(pool, ask, signal)
    return exchanged.kind === 'none' && isUnreachable ? { ...exchanged, sent: false } : exchanged
  } finally {
    await pool.destroy()
  }
}

/** A good answer whose body is for the caller to read, in pieces. */
export interface Streamed {
  readonly kind: 'stream'
  readonly headers: ResponseHeaders
  readonly body: Dispatcher.ResponseData['body']
}

/** As `exchange`, but a good answer's body may be as long as it wants, and takes its time. */
export async function openStream(pool: Pool, ask: Ask, signal: AbortSignal): Promise<Streamed | Exchanged> {
  try {
    const response = await pool.request({ ...ask, body: null, signal })
    if (response.statusCode !== 200)
      return { kind: 'reply', ...heads(response), body: await jsonOf(response) }
    return { kind: 'stream', headers: response.headers, body: response.body }
  } catch (cause) {
    return {
      kind: 'none',
      reason: signal.aborted ? 'stopped' : `connection failed (${codeOf(cause)})`,
      sent: true,
    }
  }
}

const heads = ({ statusCode, headers }: Dispatcher.ResponseData) => ({ statusCode, headers })

/** Only a code or a class name is passed on: messages hold addresses, and now and then what was sent. */
export function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown'
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return /^\w{1,60}$/.test(code) ? code : 'unknown'
}

async function jsonOf({ body, headers }: Dispatcher.ResponseData): Promise<unknown> {
  const packed = await readBody(body, MOST_BYTES)
  if (packed === null) {
    body.on('error', () => undefined).destroy()
    return undefined
  }
  const unpacked = await unpack(packed, headers, MOST_BYTES)
  try {
    return unpacked.kind === 'bytes' ? parseExactJson(unpacked.bytes.toString('utf8')) : undefined
  } catch {
    return undefined
  }
}

const REASONS: Readonly<Record<number, Refused['why']>> = {
  400: 'invalid',
  401: 'unauthorized',
  402: 'forbidden',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  410: 'missing',
  413: 'invalid',
  422: 'invalid',
  429: 'throttled',
}

const OWN_WORDS: Readonly<Record<Refused['why'], string>> = {
  invalid: 'the request is not accepted',
  unauthorized: 'the key is not accepted',
  forbidden: 'the account may not do this, as without an active plan',
  missing: 'there is no such thing in this account',
  conflict: 'something stands in the way',
  throttled: 'too many requests',
  busy: 'too many runs at once',
}

/** What a status other than 2xx means for a request that changes something; null for 2xx, whose body decides. */
export function refusalOf(reply: Reply): Exclude<Outcome<never>, { kind: 'done' }> | null {
  const { statusCode, headers, body } = reply
  if (statusCode >= 200 && statusCode < 300) return null
  const why = REASONS[statusCode]
  // A 5xx may come after the change was made.
  if (why === undefined) return { kind: 'lost', reason: `answered ${statusCode}` }
  const busy = fieldOf(body, 'code') === 'run_concurrency_limit'
  const known = busy ? 'busy' : why
  return {
    kind: 'refused',
    why: known,
    statusCode,
    message: messageOf(body) ?? OWN_WORDS[known],
    retryAfterMs: waitOf(headers, new Date()),
    runIds: runIdsOf(body),
  }
}

function runIdsOf(body: unknown): string[] {
  const one = fieldOf(body, 'run_id')
  const several = fieldOf(body, 'runs')
  const ids = [one, ...(Array.isArray(several) ? several.map((run: unknown) => fieldOf(run, 'id')) : [])]
  return ids.flatMap((id) => (typeof id === 'string' && id.length <= 512 ? [id] : []))
}

/** Their words are somebody else's text: one line of visible characters, and not all of a long one. */
function messageOf(body: unknown): string | null {
  const error = fieldOf(body, 'error')
  const text = typeof error === 'string' ? error : (fieldOf(error, 'message') ?? fieldOf(body, 'message'))
  if (typeof text !== 'string') return null
  const clean = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  return clean === '' ? null : clean.slice(0, 300)
}

export function fieldOf(value: unknown, name: string): unknown {
  const isRecord = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isRecord ? (value as Record<string, unknown>)[name] : undefined
}

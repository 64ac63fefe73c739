import { readFileSync } from 'node:fs'

import { type Agent, type Dispatcher, request } from 'undici'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import { parseRetryAfter } from '../domain/retry-after.ts'
import { createGuardedAgent, ForbiddenAddressError, type LookupAll } from './address-guard.ts'
import { excerptOf, readBody } from './answer.ts'
import { type BodyFormat, encodeBody } from './body.ts'
import type { SendEvent, Sender } from './hook.ts'
import { parseHookUrl } from './hook-url.ts'
import { describeTrouble } from './network-trouble.ts'
import { sign } from './signature.ts'

export interface WebhookTarget {
  readonly url: string
  /** `whsec_…`, at least one; several while one rotates. */
  readonly secrets: readonly string[]
  readonly format: BodyFormat
}

export interface WebhookSenderOptions {
  /** Allows hooks on private and loopback addresses. */
  readonly allowPrivate: boolean
  /** For one whole attempt: name, connection, headers and body. */
  readonly deadlineMs?: number
  readonly lookup?: LookupAll
}

/** One attempt under way: what its steps share. */
interface Attempt {
  readonly url: URL
  readonly secrets: readonly string[]
  readonly startedAt: number
  readonly deadlineMs: number
  /** Aborted at the deadline, or by the caller. */
  readonly signal: AbortSignal
}

const DEADLINE_MS = 15_000

export function createWebhookSender(options: WebhookSenderOptions): Sender<WebhookTarget> {
  const { deadlineMs = DEADLINE_MS } = options
  const agent = createGuardedAgent({ ...options, connectTimeoutMs: deadlineMs })
  const userAgent = `Landfall/${readVersion()}`

  const send: SendEvent<WebhookTarget> = async (target, event, signal) => {
    signal.throwIfAborted()
    const parsed = parseHookUrl(target.url)
    if (parsed.kind === 'invalid') return { kind: 'refused_address', reason: parsed.reason }

    const { contentType, body } = encodeBody(target.format, event)
    const signed = sign(target.secrets, event.id, new Date(), body)
    const headers = { 'content-type': contentType, 'user-agent': userAgent, ...signed }

    const ending = new AbortController()
    const end = () => ending.abort()
    const timer = setTimeout(end, deadlineMs)
    signal.addEventListener('abort', end)
    const attempt: Attempt = {
      url: parsed.url,
      secrets: target.secrets,
      startedAt: performance.now(),
      deadlineMs,
      signal: ending.signal,
    }
    try {
      const answer = await post(agent.dispatcher, parsed.url, { headers, body, signal: ending.signal })
      return await judgeAnswer(attempt, answer)
    } catch (error) {
      signal.throwIfAborted()
      return judgeTrouble(attempt, error)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }

  return { send, close: agent.close }
}

interface Post {
  readonly headers: Record<string, string>
  readonly body: string
  readonly signal: AbortSignal
}

/**
 * `request` follows no redirect. `reset` gives each attempt a connection of its own: its address is checked anew, and
 * no attempt fails because an idle connection had died.
 */
async function post(dispatcher: Agent, url: URL, sent: Post): Promise<Dispatcher.ResponseData> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(new Error('gave up'))
  sent.signal.addEventListener('abort', giveUp)
  try {
    // undici looks at the signal once it is connected, which may be never.
    return await Promise.race([request(url, { ...sent, dispatcher, method: 'POST', reset: true }), aborted])
  } finally {
    sent.signal.removeEventListener('abort', giveUp)
  }
}

async function judgeAnswer(attempt: Attempt, answer: Dispatcher.ResponseData): Promise<AttemptOutcome> {
  const { statusCode: status, headers } = answer
  const { text, trouble } = await readBody(answer.body)

  if (status >= 200 && status < 300) {
    // Half an answer is none: the event is sent again, and its id tells the receiver.
    if (trouble !== null) throw trouble
    return { kind: 'accepted', status, durationMs: Math.round(performance.now() - attempt.startedAt) }
  }
  const asked = headers['retry-after']
  const retryAfterMs = typeof asked === 'string' ? parseRetryAfter(asked, new Date()) : null
  const excerpt = excerptOf(text, attempt.url, attempt.secrets)
  return { kind: 'refused', status, excerpt, ...(retryAfterMs !== null && { retryAfterMs }) }
}

function judgeTrouble(attempt: Attempt, error: unknown): AttemptOutcome {
  if (error instanceof ForbiddenAddressError) return { kind: 'refused_address', reason: error.message }
  const { url, signal, deadlineMs } = attempt
  const reason = signal.aborted
    ? `no complete answer within ${deadlineMs} ms, host ${url.host}`
    : describeTrouble(error, url)
  return { kind: 'unreachable', reason }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

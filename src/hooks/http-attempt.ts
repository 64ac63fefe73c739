import { type Agent, type Dispatcher, request } from 'undici'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import { parseRetryAfter } from '../domain/retry-after.ts'
import { traceHeaders } from '../runtime/tracing.ts'
import { VERSION } from '../runtime/version.ts'
import { createGuardedAgent, ForbiddenAddressError, type LookupAll } from './address-guard.ts'
import { excerptOf, readBody } from './answer.ts'
import { parseHookUrl } from './hook-url.ts'
import { describeTrouble } from './network-trouble.ts'

/** For one whole attempt: name, connection, headers and body. */
export const DEADLINE_MS = 15_000

export interface HttpOptions {
  /** Allows hooks on private and loopback addresses. */
  readonly allowPrivate: boolean
  /** Default `DEADLINE_MS`. */
  readonly deadlineMs?: number
  readonly lookup?: LookupAll
}

interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What must not come back to us in an answer's excerpt. */
  readonly secrets: readonly string[]
}

/** Posts to hooks on the internet. */
export interface HttpAttempts {
  /** Rejects only when `signal` aborts, with its reason. */
  readonly post: (post: Post, signal: AbortSignal) => Promise<AttemptOutcome>
  close(): Promise<void>
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

export function createHttpAttempts(options: HttpOptions): HttpAttempts {
  const { deadlineMs = DEADLINE_MS } = options
  const agent = createGuardedAgent({ ...options, connectTimeoutMs: deadlineMs })

  async function post({ url, headers, body, secrets }: Post, signal: AbortSignal): Promise<AttemptOutcome> {
    const parsed = parseHookUrl(url)
    if (parsed.kind === 'invalid') return { kind: 'refused_address', reason: parsed.reason }

    const ending = new AbortController()
    const end = () => ending.abort()
    const timer = setTimeout(end, deadlineMs)
    signal.addEventListener('abort', end)
    const startedAt = performance.now()
    const attempt: Attempt = { url: parsed.url, secrets, startedAt, deadlineMs, signal: ending.signal }
    const all = { 'user-agent': `Landfall/${VERSION}`, ...headers, ...traceHeaders() }
    const sent = { headers: all, body, signal: ending.signal }
    try {
      return await judgeAnswer(attempt, await send(agent.dispatcher, parsed.url, sent))
    } catch (error) {
      signal.throwIfAborted()
      return judgeTrouble(attempt, error)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }

  return { post, close: agent.close }
}

interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
  readonly signal: AbortSignal
}

/**
 * `request` follows no redirect. `reset` gives each attempt a connection of its own: its address is checked anew, and
 * no attempt fails because an idle connection had died.
 */
async function send(dispatcher: Agent, url: URL, sent: Sent): Promise<Dispatcher.ResponseData> {
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

import { readFileSync } from 'node:fs'

import { type Agent, type Dispatcher, request } from 'undici'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import { parseRetryAfter } from '../domain/retry-after.ts'
import { createGuardedAgent, ForbiddenAddressError, type LookupAll } from './address-guard.ts'
import { excerptOf, readBody } from './answer.ts'
import { type BodyFormat, encodeBody } from './body.ts'
import type { OutgoingEvent, Sender } from './hook.ts'
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
  readonly deadline: AbortSignal
}

const DEADLINE_MS = 15_000

export function createWebhookSender(options: WebhookSenderOptions): Sender<WebhookTarget> {
  const { deadlineMs = DEADLINE_MS } = options
  const closing = new AbortController()
  const agent = createGuardedAgent({ ...options, connectTimeoutMs: deadlineMs, signal: closing.signal })
  const userAgent = `Landfall/${readVersion()}`

  async function send(
    target: WebhookTarget,
    event: OutgoingEvent,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    signal.throwIfAborted()
    const parsed = parseHookUrl(target.url)
    if (parsed.kind === 'invalid') return { kind: 'refused_address', reason: parsed.reason }

    const { contentType, body } = encodeBody(target.format, event)
    const signed = sign(target.secrets, event.id, new Date(), body)
    const headers = { 'content-type': contentType, 'user-agent': userAgent, ...signed }

    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), deadlineMs)
    const attempt: Attempt = {
      url: parsed.url,
      secrets: target.secrets,
      startedAt: performance.now(),
      deadlineMs,
      deadline: deadline.signal,
    }
    try {
      const either = AbortSignal.any([signal, deadline.signal])
      const answer = await post(agent, parsed.url, { headers, body, signal: either })
      return await judgeAnswer(attempt, answer)
    } catch (error) {
      signal.throwIfAborted()
      return judgeTrouble(attempt, error)
    } finally {
      clearTimeout(timer)
    }
  }

  async function close(): Promise<void> {
    // Without this a connection that is still being made would keep the process alive.
    closing.abort()
    await agent.destroy()
  }

  return { send, close }
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
  const giveUp = () => reject(new Error('gave up', { cause: sent.signal.reason }))
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
  const { url, deadline, deadlineMs } = attempt
  const reason = deadline.aborted
    ? `no complete answer within ${deadlineMs} ms, host ${url.host}`
    : describeTrouble(error, url)
  return { kind: 'unreachable', reason }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

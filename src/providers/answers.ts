import { parseRateLimit, type RateLimitHint } from '../domain/rate-limit-headers.ts'
import { parseHttpDate, parseRetryAfter } from '../domain/retry-after.ts'
import type { Answer } from './provider.ts'

/** Headers as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A pause that one answer may ask for. After it a single request finds out whether more are allowed. */
const LONGEST_PAUSE_MS = 60 * 60_000

/** The request itself is not accepted; the same again would not be either. */
const REJECTED = new Set([400, 413, 414, 416, 422])

export function unusable(reason: string, passing: boolean): Answer<never> {
  return { kind: 'unusable', reason, passing }
}

/** What a status says without its body; null for 2xx, whose body decides. */
export function answerOfStatus(
  statusCode: number,
  headers: ResponseHeaders,
  now: Date,
): Answer<never> | null {
  if (statusCode >= 200 && statusCode < 300) return null
  if (statusCode === 404 || statusCode === 410) return { kind: 'missing' }
  if (isThrottled(statusCode, headers, now)) {
    return { kind: 'throttled', statusCode, retryAfterMs: waitOf(headers, now) }
  }
  if (statusCode === 401 || statusCode === 403) return { kind: 'refused', statusCode }
  if (statusCode >= 300 && statusCode < 400) {
    return unusable(`answered ${statusCode}, a redirect, which is not followed`, false)
  }
  if (REJECTED.has(statusCode)) {
    return { kind: 'unusable', reason: `answered ${statusCode}`, passing: false, rejected: true }
  }
  return unusable(`answered ${statusCode}`, statusCode >= 500 || statusCode === 408)
}

/** Some providers answer 403 or 503 to too many requests; only the headers tell it from a refused key or an outage. */
function isThrottled(statusCode: number, headers: ResponseHeaders, now: Date): statusCode is 403 | 429 | 503 {
  if (statusCode === 403) return headerOf(headers, 'retry-after') !== null || isUsedUp(headers, now)
  return statusCode === 429 || (statusCode === 503 && retryAfterOf(headers, now) !== null)
}

export function headerOf(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** What the headers say of the provider's limit, as a part of an answer; nothing where they say nothing. */
export function rateLimitOf(headers: ResponseHeaders, now: Date): { readonly rateLimit?: RateLimitHint } {
  const rateLimit = parseRateLimit((name) => allOf(headers, name), now)
  return rateLimit === null ? {} : { rateLimit }
}

function allOf(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value.join(', ') : value) ?? null
}

/** How long the headers ask to wait; null where they do not say, so that the caller's own backoff decides. */
export function waitOf(headers: ResponseHeaders, now: Date): number | null {
  const resetMs = rateLimitOf(headers, now).rateLimit?.resetMs ?? 0
  const waitMs = retryAfterOf(headers, now) ?? (resetMs > 0 ? resetMs : null)
  return waitMs === null ? null : Math.min(waitMs, LONGEST_PAUSE_MS)
}

/** Null also for 0 and what is past: a refusal that asks for no pause says nothing about when to come back. */
function retryAfterOf(headers: ResponseHeaders, now: Date): number | null {
  const value = headerOf(headers, 'retry-after')
  if (value === null) return null
  // A date is one on the clock of the server that wrote it.
  const serverMs = parseHttpDate(headerOf(headers, 'date')?.trim() ?? '', now)
  const waitMs = parseRetryAfter(value, serverMs === null ? now : new Date(serverMs))
  return waitMs === 0 ? null : waitMs
}

function isUsedUp(headers: ResponseHeaders, now: Date): boolean {
  return rateLimitOf(headers, now).rateLimit?.remaining === 0
}

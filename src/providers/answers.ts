import { parseRateLimit, type RateLimitHint } from '../domain/rate-limit-headers.ts'
import { parseRetryAfter } from '../domain/retry-after.ts'
import type { Answer } from './provider.ts'

/** Headers as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The request itself is not accepted; the same again would not be either. */
const REJECTED = new Set([400, 413, 414, 422])

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
  if (statusCode === 401 || statusCode === 403) return { kind: 'refused', statusCode }
  if (statusCode === 429) return { kind: 'throttled', statusCode, retryAfterMs: waitOf(headers, now) }
  if (statusCode === 503) {
    const retryAfterMs = retryAfterOf(headers, now)
    if (retryAfterMs !== null) return { kind: 'throttled', statusCode, retryAfterMs }
  }
  if (statusCode >= 300 && statusCode < 400) {
    return unusable(`answered ${statusCode}, a redirect, which is not followed`, false)
  }
  if (REJECTED.has(statusCode)) {
    return { kind: 'unusable', reason: `answered ${statusCode}`, passing: false, rejected: true }
  }
  return unusable(`answered ${statusCode}`, statusCode >= 500 || statusCode === 408)
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

/** How long the headers ask to wait; null where they do not say. */
export function waitOf(headers: ResponseHeaders, now: Date): number | null {
  const resetMs = rateLimitOf(headers, now).rateLimit?.resetMs ?? 0
  return retryAfterOf(headers, now) ?? (resetMs > 0 ? resetMs : null)
}

function retryAfterOf(headers: ResponseHeaders, now: Date): number | null {
  const value = headerOf(headers, 'retry-after')
  return value === null ? null : parseRetryAfter(value, now)
}

import { parseRetryAfter } from '../domain/retry-after.ts'
import type { Answer } from './provider.ts'

/** Headers as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A reset time further away than this is a mistake or means something else. */
const LONGEST_RESET_MS = 24 * 3_600_000

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
  if (statusCode === 429) return { kind: 'throttled', retryAfterMs: waitOf(headers, now) }
  if (statusCode === 503) {
    const retryAfterMs = retryAfterOf(headers, now)
    if (retryAfterMs !== null) return { kind: 'throttled', retryAfterMs }
  }
  if (statusCode >= 300 && statusCode < 400) {
    return unusable(`answered ${statusCode}, a redirect, which is not followed`, false)
  }
  return unusable(`answered ${statusCode}`, statusCode >= 500 || statusCode === 408)
}

export function headerOf(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

function waitOf(headers: ResponseHeaders, now: Date): number | null {
  return (
    retryAfterOf(headers, now) ??
    resetOf(headerOf(headers, 'x-ratelimit-reset'), now) ??
    resetOf(headerOf(headers, 'ratelimit-reset'), now)
  )
}

function retryAfterOf(headers: ResponseHeaders, now: Date): number | null {
  const value = headerOf(headers, 'retry-after')
  return value === null ? null : parseRetryAfter(value, now)
}

/** Providers send seconds from now, or a moment in seconds or milliseconds since 1970. The size tells which. */
function resetOf(value: string | null, now: Date): number | null {
  if (value === null || !/^\s*\d{1,15}(\.\d+)?\s*$/.test(value)) return null
  const n = Number(value)
  const ms = Math.ceil(n > 1e11 ? n - now.getTime() : n > 1e9 ? n * 1000 - now.getTime() : n * 1000)
  return ms > 0 && ms <= LONGEST_RESET_MS ? ms : null
}

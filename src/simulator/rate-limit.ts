import type { RateLimit } from './options.ts'

/** 0: allowed; otherwise how many milliseconds from now the next one would be. */
export type TakeRequest = (nowMs: number) => number

/** A refused request costs nothing. */
export function createRateLimit(limit: RateLimit | null): TakeRequest {
  if (!limit) return () => 0
  const intervalMs = 1000 / limit.requestsPerSecond
  const slackMs = (limit.burst - 1) * intervalMs
  let dueMs = Number.NEGATIVE_INFINITY
  return (nowMs) => {
    const waitMs = dueMs - slackMs - nowMs
    // What is left of a division is no reason to refuse.
    if (waitMs > 1e-6) return waitMs
    dueMs = Math.max(dueMs, nowMs) + intervalMs
    return 0
  }
}

export function retryAfterHeaders(
  form: RateLimit['retryAfter'],
  waitMs: number,
  nowMs: number,
): Record<string, string> {
  if (form === 'none') return {}
  // Both forms know whole seconds only; neither may ask to come too early.
  if (form === 'seconds') return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) }
  return { 'retry-after': new Date(Math.ceil((nowMs + waitMs) / 1000) * 1000).toUTCString() }
}

import type { RateLimit, RateLimitStyle } from './options.ts'

/** What became of one request, and what is left. */
export interface Taken {
  /** 0: allowed; otherwise how many milliseconds from now the next one would be. */
  readonly waitMs: number
  readonly remaining: number
  /** Until everything is given back. */
  readonly resetMs: number
  readonly limit: number
  readonly windowMs: number
}

/** A refused request costs nothing. Null where nothing is limited. */
export type TakeRequest = (nowMs: number) => Taken | null

export function createRateLimit(limit: RateLimit | null): TakeRequest {
  if (!limit) return () => null
  return limit.windowS === undefined ? steady(limit) : windowed(limit, limit.windowS * 1000)
}

function steady(limit: RateLimit): TakeRequest {
  const intervalMs = 1000 / limit.requestsPerSecond
  const slackMs = (limit.burst - 1) * intervalMs
  let dueMs = Number.NEGATIVE_INFINITY
  return (nowMs) => {
    // What is left of a division is no reason to refuse.
    const earlyMs = dueMs - slackMs - nowMs
    const waitMs = earlyMs > 1e-6 ? earlyMs : 0
    if (waitMs === 0) dueMs = Math.max(dueMs, nowMs) + intervalMs
    const resetMs = Math.max(0, dueMs - nowMs)
    const remaining = Math.max(0, Math.floor(limit.burst - resetMs / intervalMs + 1e-6))
    return { waitMs, remaining, resetMs, limit: limit.burst, windowMs: limit.burst * intervalMs }
  }
}

function windowed({ requestsPerSecond }: RateLimit, windowMs: number): TakeRequest {
  const limit = Math.max(1, Math.round((requestsPerSecond * windowMs) / 1000))
  let window = Number.NEGATIVE_INFINITY
  let used = 0
  return (nowMs) => {
    const current = Math.floor(nowMs / windowMs)
    if (current !== window) used = 0
    window = current
    const resetMs = (current + 1) * windowMs - nowMs
    const allowed = used < limit
    if (allowed) used += 1
    return { waitMs: allowed ? 0 : resetMs, remaining: limit - used, resetMs, limit, windowMs }
  }
}

/** Seconds are whole ones in all of them, and rather too many than too few. */
export function rateLimitHeaders(
  style: RateLimitStyle | undefined,
  taken: Taken,
  nowMs: number,
): Record<string, string> {
  if (style === undefined) return {}
  const { remaining, limit } = taken
  const resetS = Math.ceil(taken.resetMs / 1000)
  const windowS = Math.ceil(taken.windowMs / 1000)
  if (style === 'ietf') {
    return {
      'ratelimit-policy': `"default";q=${limit};w=${windowS}`,
      ratelimit: `"default";r=${remaining};t=${resetS}`,
    }
  }
  const prefix = style === 'ietf_old' ? 'ratelimit' : 'x-ratelimit'
  return {
    [`${prefix}-limit`]: style === 'ietf_old' ? `${limit}, ${limit};w=${windowS}` : String(limit),
    [`${prefix}-remaining`]: String(remaining),
    [`${prefix}-reset`]: resetText(style, resetS, nowMs + taken.resetMs),
  }
}

function resetText(style: Exclude<RateLimitStyle, 'ietf'>, resetS: number, atMs: number): string {
  const atS = Math.ceil(atMs / 1000)
  if (style === 'x_epoch') return String(atS)
  if (style === 'x_epoch_ms') return String(Math.ceil(atMs))
  return style === 'x_date' ? new Date(atS * 1000).toUTCString() : String(resetS)
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

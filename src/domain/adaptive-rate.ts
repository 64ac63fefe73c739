import type { RateLimitHint } from './rate-limit-headers.ts'

/** After any number of refusals an account still asks this share of its configured rate. */
export const LEAST_SHARE = 1 / 64
/** The share of the configured rate that comes back per minute without a refusal: never faster than in a straight line. */
export const RECOVERY_PER_MINUTE = 0.05
/** What a header says is believed for so long; afterwards a request finds out anew. */
export const LONGEST_HOLD_MS = 15 * 60_000
/** While an account is slowed down it may save up requests for so long, and not for its whole burst. */
export const SLOW_BUCKET_SECONDS = 2

/** Headers count whole seconds: a reset in 0 s is one within this second. */
const SHORTEST_WAIT_MS = 1_000

/** The share of the configured rate that may be used so long after it was set. */
export function shareAfter(share: number, ms: number): number {
  return Math.min(1, share + (RECOVERY_PER_MINUTE * Math.max(0, ms)) / 60_000)
}

/** The share after a refusal. */
export function halved(share: number): number {
  return Math.max(LEAST_SHARE, share / 2)
}

export type Pace =
  /** The configured rate fits in what the provider allows. */
  | { readonly kind: 'free' }
  /** What remains is spread until more is given. */
  | { readonly kind: 'spread'; readonly requestsPerSecond: number; readonly forMs: number }
  /** Nothing remains. */
  | { readonly kind: 'wait'; readonly forMs: number }

/**
 * What the headers of an answer ask of the account. `sentSince` counts the requests that all processes have sent after
 * the one that was answered: they come out of what remains, though its headers cannot know of them.
 */
export function decidePace(hint: RateLimitHint, sentSince: number, requestsPerSecond: number): Pace {
  const { remaining, resetMs, limit, windowMs } = hint
  if (remaining !== null && resetMs !== null) {
    const left = remaining - sentSince
    if (left > 0) return spread((left * 1000) / resetMs, resetMs, requestsPerSecond)
    return { kind: 'wait', forMs: Math.min(LONGEST_HOLD_MS, Math.max(SHORTEST_WAIT_MS, resetMs)) }
  }
  if (limit === null || windowMs === null || limit === 0) return { kind: 'free' }
  return spread((limit * 1000) / windowMs, windowMs, requestsPerSecond)
}

function spread(allowedPerSecond: number, forMs: number, requestsPerSecond: number): Pace {
  if (allowedPerSecond >= requestsPerSecond) return { kind: 'free' }
  return {
    kind: 'spread',
    requestsPerSecond: allowedPerSecond,
    forMs: Math.min(LONGEST_HOLD_MS, forMs),
  }
}

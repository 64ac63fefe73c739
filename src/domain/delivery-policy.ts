import { MAX_RETRY_AFTER_MS } from './retry-after.ts'

/** What one attempt to deliver told us. No field ever holds a secret or a URL's query. */
export type AttemptOutcome =
  /** 2xx with the answer complete, or the same from a hook that speaks no HTTP. */
  | { readonly kind: 'accepted'; readonly status?: number; readonly durationMs: number }
  /** Any other answer, redirects among them; `excerpt` is the start of its body. */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly retryAfterMs?: number
      readonly excerpt: string
    }
  /** No answer, or one that broke off. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** A hook that speaks no HTTP did not take it. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The address is one that hooks may not call; nothing was sent. */
  | { readonly kind: 'refused_address'; readonly reason: string }

/** What happens to a delivery after an attempt. */
export type DeliveryDecision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly at: Date }
  /** The receiver wants no more: disable the hook, hold this delivery. */
  | { readonly kind: 'gone' }
  /** Every attempt is spent. */
  | { readonly kind: 'dead' }

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/**
 * The wait after each failed attempt; the tenth is the last. Without jitter and `Retry-After`:
 *
 * | attempt | starts after the first |
 * | ------- | ---------------------- |
 * | 1       | 0                      |
 * | 2       | 5 s                    |
 * | 3       | 5 min 5 s              |
 * | 4       | 35 min                 |
 * | 5       | 2 h 35 min             |
 * | 6       | 7 h 35 min             |
 * | 7       | 17 h 35 min            |
 * | 8       | 31 h 35 min            |
 * | 9       | 51 h 35 min            |
 * | 10      | 75 h 35 min, then dead |
 */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]
const MAX_JITTER = 0.2

/** What a receiver gets that says it is overloaded without saying for how long. */
const OVERLOADED_DELAY_MS = 30 * SECOND_MS
const OVERLOADED_STATUSES = [429, 502, 504]

/**
 * Decides what follows attempt `attempt` (1-based). `now` and `jitter` (0 ≤ jitter < 1) are arguments so that a test
 * can name the exact instant of the next attempt.
 */
export function decideDelivery(
  outcome: AttemptOutcome,
  attempt: number,
  now: Date,
  jitter: number,
): DeliveryDecision {
  if (!Number.isInteger(attempt) || attempt < 1) throw new RangeError(`attempts count from 1, got ${attempt}`)
  if (outcome.kind === 'accepted') return { kind: 'delivered' }
  if (outcome.kind === 'refused' && outcome.status === 410) return { kind: 'gone' }

  const delayMs = DELAYS_MS[attempt - 1]
  if (delayMs === undefined) return { kind: 'dead' }

  // A receiver may slow us down, never speed us up.
  const waitMs = Math.max(Math.round(delayMs * (1 + jitter * MAX_JITTER)), askedDelayMs(outcome))
  return { kind: 'retry', at: new Date(now.getTime() + waitMs) }
}

function askedDelayMs(outcome: AttemptOutcome): number {
  if (outcome.kind !== 'refused') return 0
  if (outcome.retryAfterMs !== undefined) return Math.min(outcome.retryAfterMs, MAX_RETRY_AFTER_MS)
  return OVERLOADED_STATUSES.includes(outcome.status) ? OVERLOADED_DELAY_MS : 0
}

/** A bucket of request tokens; generic cell rate algorithm, as `store/budgets.ts` keeps it in Postgres. */
export interface TokenBucket {
  /** When the bucket is full again, if nothing more is taken. */
  readonly fullAtMs: number
}

export interface TokenRate {
  readonly requestsPerSecond: number
  readonly burst: number
}

export const FULL_BUCKET: TokenBucket = { fullAtMs: Number.NEGATIVE_INFINITY }

/** Rounding must not cost a token. */
const TINY = 1e-6

const bucketMs = (rate: TokenRate) => (rate.burst * 1000) / rate.requestsPerSecond

// A bucket can never be further than itself from full; where it seems so, the clock was set back.
function fullAt(bucket: TokenBucket, rate: TokenRate, nowMs: number): number {
  return bucket.fullAtMs > nowMs + bucketMs(rate) + 1000 ? nowMs : Math.max(bucket.fullAtMs, nowMs)
}

/** Whole tokens in the bucket. */
export function tokensIn(bucket: TokenBucket, rate: TokenRate, nowMs: number): number {
  const missing = ((fullAt(bucket, rate, nowMs) - nowMs) * rate.requestsPerSecond) / 1000
  return Math.max(0, Math.floor(rate.burst - missing + TINY))
}

/** Takes one token; null where there is none. At most `burst + requestsPerSecond × t` are taken in any time t. */
export function takeToken(bucket: TokenBucket, rate: TokenRate, nowMs: number): TokenBucket | null {
  if (tokensIn(bucket, rate, nowMs) < 1) return null
  return { fullAtMs: fullAt(bucket, rate, nowMs) + 1000 / rate.requestsPerSecond }
}

/** When the next token is there. */
export function nextTokenAtMs(bucket: TokenBucket, rate: TokenRate, nowMs: number): number {
  const perTokenMs = 1000 / rate.requestsPerSecond
  return Math.max(nowMs, fullAt(bucket, rate, nowMs) + perTokenMs - bucketMs(rate))
}

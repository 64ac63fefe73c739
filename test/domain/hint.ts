import type { RateLimitHint } from '../../src/domain/rate-limit-headers.ts'

/** What headers said, where they said only this. */
export const hint = (said: Partial<RateLimitHint>): RateLimitHint => ({
  remaining: null,
  resetMs: null,
  limit: null,
  windowMs: null,
  ...said,
})

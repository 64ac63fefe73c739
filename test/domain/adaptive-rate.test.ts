import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  decidePace,
  halved,
  LEAST_SHARE,
  LONGEST_HOLD_MS,
  SLOW_BUCKET_SECONDS,
  shareAfter,
} from '../../src/domain/adaptive-rate.ts'
import { pauseAfterThrottleMs } from '../../src/domain/cadence.ts'
import { FULL_BUCKET, takeToken } from '../../src/domain/token-bucket.ts'
import { createRateLimit } from '../../src/simulator/rate-limit.ts'
import { hint } from './hint.ts'

const MINUTE = 60_000

describe('the share that refusals leave', () => {
  test('halves down to a floor, and grows in a straight line up to the whole', () => {
    expect([1, 0.5, 1 / 32, LEAST_SHARE].map(halved)).toEqual([0.5, 0.25, LEAST_SHARE, LEAST_SHARE])
    expect([0, 1, 5, 10, 60].map((minutes) => shareAfter(0.5, minutes * MINUTE))).toEqual([
      0.5, 0.55, 0.75, 1, 1,
    ])
    expect(shareAfter(0.5, -MINUTE)).toBe(0.5)
  })

  test('finds half of what is configured within a minute, and is then refused one request in twenty at most', () => {
    const minutes = simulateHour({ requestsPerSecond: 1, burst: 10, retryAfter: 'none' })
    for (const { sent, refused } of minutes.slice(1)) expect(refused / sent).toBeLessThanOrEqual(0.05)
    const all = minutes.slice(1).reduce((sum, { sent, refused }) => sum + sent - refused, 0)
    // Most of what is allowed is used all the same.
    expect(all / (59 * 60)).toBeGreaterThan(0.7)
  })

  test('is whole again within a quarter of an hour where half was enough', () => {
    const minutes = simulateHour({ requestsPerSecond: 1, burst: 10, retryAfter: 'none' }, 20)
    for (const { sent, refused } of minutes.slice(35)) {
      expect(refused).toBe(0)
      expect(sent).toBeGreaterThanOrEqual(119)
    }
  })
})

const RATE = { requestsPerSecond: 2, burst: 10 }

/** An account that asks as often as its share allows, and heeds refusals. */
function createAsker() {
  let [bucket, slow] = [FULL_BUCKET, FULL_BUCKET]
  let [share, sinceMs, blockedMs, inARow] = [1, 0, 0, 0]
  const shareAt = (nowMs: number) => shareAfter(share, nowMs - sinceMs)
  return {
    /** Takes a token if there is one. */
    asks(nowMs: number): boolean {
      const speed = RATE.requestsPerSecond * shareAt(nowMs)
      const slowRate = { requestsPerSecond: speed, burst: Math.max(1, speed * SLOW_BUCKET_SECONDS) }
      const [taken, slowTaken] = [takeToken(bucket, RATE, nowMs), takeToken(slow, slowRate, nowMs)]
      const isSlow = speed < RATE.requestsPerSecond
      if (nowMs < blockedMs || taken === null || (isSlow && slowTaken === null)) return false
      bucket = taken
      slow = slowTaken ?? slow
      return true
    },
    isAnswered() {
      inARow = 0
    },
    isRefused(nowMs: number) {
      inARow += 1
      share = inARow === 1 ? halved(shareAt(nowMs)) : shareAt(nowMs)
      sinceMs = blockedMs = nowMs + pauseAfterThrottleMs(inARow, 0.5)
      bucket = { fullAtMs: blockedMs + (RATE.burst * 1000) / RATE.requestsPerSecond }
      slow = { fullAtMs: blockedMs + SLOW_BUCKET_SECONDS * 1000 }
    },
  }
}

/** An hour, minute by minute, of an account that asks 2 requests a second, in virtual time; the limit ends after some minutes. */
function simulateHour(limit: Parameters<typeof createRateLimit>[0], limitedMinutes = 60) {
  const minutes = Array.from({ length: 60 }, () => ({ sent: 0, refused: 0 }))
  const allow = createRateLimit(limit)
  const isAllowed = (nowMs: number) => nowMs >= limitedMinutes * MINUTE || (allow(nowMs)?.waitMs ?? 0) === 0
  const asker = createAsker()
  for (let nowMs = 0; nowMs < 60 * MINUTE; nowMs += 100) {
    const minute = minutes[Math.floor(nowMs / MINUTE)] ?? { sent: 0, refused: 0 }
    while (asker.asks(nowMs)) {
      minute.sent += 1
      if (isAllowed(nowMs)) asker.isAnswered()
      else {
        minute.refused += 1
        asker.isRefused(nowMs)
      }
    }
  }
  return minutes
}

describe('the pace that headers ask for', () => {
  test.each([
    ['more than enough', { remaining: 100, resetMs: 10_000 }, 0, { kind: 'free' }],
    [
      'too little',
      { remaining: 30, resetMs: 60_000 },
      0,
      { kind: 'spread', requestsPerSecond: 0.5, forMs: 60_000 },
    ],
    [
      'less by what others sent',
      { remaining: 30, resetMs: 60_000 },
      15,
      { kind: 'spread', requestsPerSecond: 0.25, forMs: 60_000 },
    ],
    ['nothing', { remaining: 0, resetMs: 5_000 }, 0, { kind: 'wait', forMs: 5_000 }],
    [
      'nothing, once the others are counted',
      { remaining: 7, resetMs: 5_000 },
      7,
      { kind: 'wait', forMs: 5_000 },
    ],
    ['nothing within this second', { remaining: 0, resetMs: 0 }, 0, { kind: 'wait', forMs: 1_000 }],
    ['nothing for hours', { remaining: 0, resetMs: 7_200_000 }, 0, { kind: 'wait', forMs: LONGEST_HOLD_MS }],
    [
      'a little until tomorrow',
      { remaining: 864, resetMs: 86_400_000 },
      0,
      { kind: 'spread', requestsPerSecond: 0.01, forMs: LONGEST_HOLD_MS },
    ],
    ['nothing, and not until when', { remaining: 0 }, 0, { kind: 'free' }],
    [
      'a policy alone',
      { limit: 60, windowMs: 60_000 },
      0,
      { kind: 'spread', requestsPerSecond: 1, forMs: 60_000 },
    ],
    ['a limit of nothing', { limit: 0, windowMs: 60_000 }, 0, { kind: 'free' }],
    ['no more than a limit', { limit: 60 }, 0, { kind: 'free' }],
  ] as const)('where they leave %s', (_name, said, sentSince, pace) => {
    expect(decidePace(hint(said), sentSince, 2)).toEqual(pace)
  })

  test('is never faster than configured, never longer than a quarter of an hour, and never spends more than is left', () => {
    const count = fc.option(fc.nat(10_000))
    const ms = fc.option(fc.nat(86_400_000))
    const said = fc.record({
      remaining: count,
      resetMs: ms,
      limit: count,
      windowMs: fc.option(fc.integer({ min: 1, max: 86_400_000 })),
    })
    fc.assert(
      fc.property(
        said,
        fc.nat(20_000),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (one, sentSince, configured) => {
          const pace = decidePace(one, sentSince, configured)
          if (pace.kind === 'free') return
          expect(pace.forMs).toBeLessThanOrEqual(LONGEST_HOLD_MS)
          if (pace.kind === 'wait') return
          expect(pace.requestsPerSecond).toBeGreaterThan(0)
          expect(pace.requestsPerSecond).toBeLessThan(configured)
          if (one.remaining === null || one.resetMs === null) return
          const spent = (pace.requestsPerSecond * one.resetMs) / 1000
          expect(spent).toBeLessThanOrEqual(one.remaining - sentSince + 1e-6)
        },
      ),
    )
  })
})

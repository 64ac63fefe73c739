import fc from 'fast-check'
import { expect, test } from 'vitest'

import { FULL_BUCKET, nextTokenAtMs, takeToken, tokensIn } from '../../src/domain/token-bucket.ts'

test('no window holds more than burst + rate × window', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 })
  const rates = fc.record({
    requestsPerSecond: fc.constantFrom(0.1, 0.5, 1, 3, 7),
    burst: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(waits, rates, (steps, rate) => {
      const taken: number[] = []
      let bucket = FULL_BUCKET
      let nowMs = 0
      for (const step of steps) {
        nowMs += step
        const after = takeToken(bucket, rate, nowMs)
        if (after === null) continue
        bucket = after
        taken.push(nowMs)
      }
      taken.forEach((from, first) => {
        taken.slice(first).forEach((to, count) => {
          const allowed = rate.burst + ((to - from) * rate.requestsPerSecond) / 1000
          expect(count + 1).toBeLessThanOrEqual(allowed + 1e-3)
        })
      })
    }),
  )
})

test('says when the next token comes', () => {
  const rate = { requestsPerSecond: 0.5, burst: 2 }
  const one = takeToken(FULL_BUCKET, rate, 0)
  const two = one && takeToken(one, rate, 0)
  expect(two).not.toBeNull()
  if (two === null) return
  expect(tokensIn(two, rate, 0)).toBe(0)
  expect(nextTokenAtMs(two, rate, 0)).toBe(2_000)
  expect(tokensIn(two, rate, 2_000)).toBe(1)
})

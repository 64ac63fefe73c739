import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type AttemptOutcome, decideDelivery } from '../../src/domain/delivery-policy.ts'

const now = new Date('2026-01-01T00:00:00Z')
const DAY_MS = 24 * 60 * 60 * 1000

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({
  kind: 'refused',
  status,
  excerpt: '',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})
const unreachable: AttemptOutcome = { kind: 'unreachable', reason: 'connection refused' }
const forbidden: AttemptOutcome = { kind: 'refused_address', reason: '10.0.0.1 is not public' }

/** The wait in seconds, or the kind of decision that is no retry. */
function waitAfter(outcome: AttemptOutcome, attempt: number, jitter = 0): number | string {
  const decision = decideDelivery(outcome, attempt, now, jitter)
  return decision.kind === 'retry' ? (decision.at.getTime() - now.getTime()) / 1000 : decision.kind
}

describe('decideDelivery', () => {
  test('an accepted delivery is done', () => {
    expect(waitAfter({ kind: 'accepted', status: 204, durationMs: 3 }, 1)).toBe('delivered')
  })

  test.each([
    ['a refusal', refused(500)],
    ['a redirect', refused(302)],
    ['no connection', unreachable],
    ['a forbidden address', forbidden],
  ])('%s is tried ten times in all, on the schedule', (_name, outcome) => {
    const waits = Array.from({ length: 10 }, (_, index) => waitAfter(outcome, index + 1))

    expect(waits).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 'dead'])
  })

  test('jitter adds up to a fifth', () => {
    expect(waitAfter(unreachable, 1, 0.5)).toBe(5.5)
    expect(waitAfter(unreachable, 9, 0.999_999)).toBeCloseTo(86_400 * 1.2, 0)
  })

  test('obeys Retry-After only when it is longer than our own wait', () => {
    expect(waitAfter(refused(429, 30_000), 1)).toBe(30)
    expect(waitAfter(refused(429, 10), 1)).toBe(5)
    expect(waitAfter(refused(503, 60_000), 2)).toBe(300)
    expect(waitAfter(refused(503, 365 * DAY_MS), 1)).toBe(86_400)
  })

  test.each([429, 502, 504])('%i without Retry-After waits at least 30 s', (status) => {
    expect(waitAfter(refused(status), 1)).toBe(30)
    expect(waitAfter(refused(status), 2)).toBe(300)
    expect(waitAfter(refused(status, 6000), 1)).toBe(6)
  })

  test('410 ends it on any attempt, the last too', () => {
    expect(waitAfter(refused(410), 1)).toBe('gone')
    expect(waitAfter(refused(410, 1000), 10)).toBe('gone')
  })

  test.each([0, -1, 1.5, Number.NaN])('attempt %d is a mistake of the caller', (attempt) => {
    expect(() => decideDelivery(unreachable, attempt, now, 0)).toThrow('count from 1')
  })
})

describe('decideDelivery, whatever happens', () => {
  const failure = fc.oneof(
    fc.constant(unreachable),
    fc.constant(forbidden),
    fc
      .tuple(
        fc.integer({ min: 300, max: 599 }),
        fc.option(fc.integer({ min: 0, max: 10 * DAY_MS }), { nil: undefined }),
      )
      .map(([status, retryAfterMs]) => refused(status, retryAfterMs)),
  )
  const attempt = fc.integer({ min: 1, max: 20 })
  const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  test('a failure is never delivered, and never retried after the tenth attempt', () => {
    fc.assert(
      fc.property(failure, attempt, jitter, (outcome, n, j) => {
        const { kind } = decideDelivery(outcome, n, now, j)
        const isGone = outcome.kind === 'refused' && outcome.status === 410
        expect(kind).toBe(isGone ? 'gone' : n < 10 ? 'retry' : 'dead')
      }),
    )
  })

  test('a retry comes no sooner than without Retry-After, and within 28.8 hours', () => {
    fc.assert(
      fc.property(failure, fc.integer({ min: 1, max: 9 }), jitter, (outcome, n, j) => {
        const decision = decideDelivery(outcome, n, now, j)
        if (decision.kind !== 'retry') return
        const plain = decideDelivery(unreachable, n, now, j)
        expect(plain.kind === 'retry' && decision.at >= plain.at).toBe(true)
        expect(decision.at.getTime() - now.getTime()).toBeLessThanOrEqual(1.2 * DAY_MS)
      }),
    )
  })

  test('later attempts never wait less than earlier ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), jitter, jitter, (n, early, late) => {
        expect(waitAfter(unreachable, n + 1, late)).toBeGreaterThanOrEqual(
          waitAfter(unreachable, n, early) as number,
        )
      }),
    )
  })
})

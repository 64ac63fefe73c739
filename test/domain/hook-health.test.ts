import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { AttemptOutcome } from '../../src/domain/delivery-policy.ts'
import { decideHealth, HEALTHY, type HookHealth } from '../../src/domain/hook-health.ts'

type Failure = Exclude<AttemptOutcome, { kind: 'accepted' }>

const HOUR_MS = 3_600_000
const start = new Date('2026-01-01T00:00:00Z')
const at = (hours: number) => new Date(start.getTime() + hours * HOUR_MS)
const refused = (status: number, retryAfterMs?: number): Failure => ({
  kind: 'refused',
  status,
  excerpt: '',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})
const dead: Failure = { kind: 'unreachable', reason: 'connection refused' }

/** Fails at each of these hours, and keeps what was decided. */
function failAt(hours: readonly number[], outcome: Failure = dead) {
  let health: HookHealth = HEALTHY
  return hours.map((hour) => {
    const decision = decideHealth(health, outcome, at(hour), 0)
    health = decision.health
    return { hour, ...decision }
  })
}

const every = (hours: number, until: number) =>
  Array.from({ length: Math.floor(until / hours) + 1 }, (_, index) => index * hours)

describe('a run of failures', () => {
  test('is warned of after one, three and four days, and disables the hook after five', () => {
    const told = failAt(every(6, 130)).flatMap(({ hour, signal }) =>
      signal === null ? [] : [[hour, signal.kind === 'failing' ? signal.stage : signal.kind]],
    )

    expect(told.slice(0, 4)).toEqual([
      [24, 1],
      [72, 2],
      [96, 3],
      [120, 'disabled'],
    ])
  })

  test('a warning says when the hook would be disabled', () => {
    const [, warned] = failAt([0, 25])

    expect(warned?.signal).toEqual({ kind: 'failing', stage: 1, disabledAt: at(120) })
  })

  test('begins anew after a silence in which nothing was tried', () => {
    const [, , later] = failAt([0, 24, 24 + 37])

    expect(later).toMatchObject({ signal: null, health: { failures: 1, failingSince: at(61), warnings: 0 } })
  })

  test('goes on over the longest wait of the schedule', () => {
    expect(failAt([0, 28.8])[1]?.health).toMatchObject({ failures: 2, failingSince: at(0) })
  })

  test('410 disables at once', () => {
    expect(failAt([0], refused(410))[0]?.signal).toEqual({
      kind: 'disabled',
      reason: 'the receiver answered 410 Gone',
    })
  })
})

describe('pauses', () => {
  test('none for the first four failures, then ever longer ones, up to a minute', () => {
    const pauses = failAt(Array(12).fill(0)).map(({ pauseMs }) => pauseMs / 1_000)

    expect(pauses).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60])
  })

  test.each([429, 502, 504])('%i slows the whole hook down, ever more', (status) => {
    const pauses = failAt([0, 0, 0], refused(status)).map(({ pauseMs }) => pauseMs / 1_000)

    expect(pauses).toEqual([5, 10, 20])
  })

  test('Retry-After is obeyed, for an hour at most', () => {
    expect(failAt([0], refused(429, 90_000))[0]?.pauseMs).toBe(90_000)
    expect(failAt([0], refused(503, 90_000))[0]?.pauseMs).toBe(90_000)
    expect(failAt([0], refused(429, 24 * HOUR_MS))[0]?.pauseMs).toBe(HOUR_MS)
  })

  test('503 without a time is a failure like any other', () => {
    expect(failAt([0], refused(503))[0]?.pauseMs).toBe(0)
  })

  test('are never negative, nor longer than 72 minutes, whatever happens', () => {
    const failure = fc.oneof(
      fc.constant(dead),
      fc
        .tuple(
          fc.integer({ min: 300, max: 599 }),
          fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
        )
        .map(([status, ms]) => refused(status, ms)),
    )
    fc.assert(
      fc.property(
        fc.array(failure, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (all, jitter) => {
          let health = HEALTHY
          for (const outcome of all) {
            const decision = decideHealth(health, outcome, start, jitter)
            expect(decision.pauseMs).toBeGreaterThanOrEqual(0)
            expect(decision.pauseMs).toBeLessThanOrEqual(1.2 * HOUR_MS)
            health = decision.health
          }
          expect(health.failures).toBe(all.length)
        },
      ),
    )
  })
})

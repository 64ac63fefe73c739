import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  CONFIRM_MISSING_MS,
  nextReadingAt,
  pauseAfterFailuresMs,
  pauseAfterThrottleMs,
  probeAfterMs,
  RECHECKS_MS,
  retryAfterFailureMs,
} from '../../src/domain/cadence.ts'
import { isTerminal, PHASES, type Phase } from '../../src/domain/phase.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The jitter that leaves a wait as it is. */
const NONE = 0.5
const now = new Date('2026-03-04T09:00:00Z')
const before = (ms: number) => new Date(now.getTime() - ms)

const LIVE = PHASES.filter((phase) => !isTerminal(phase))
const ENDED = PHASES.filter(isTerminal)
const CEILING_MS: Partial<Record<Phase, number>> = {
  pending: 5 * MINUTE,
  running: 5 * MINUTE,
  needs_input: 15 * MINUTE,
  unknown: 15 * MINUTE,
}

function waitMs(phase: Phase, lastedMs: number, jitter = NONE, rechecks = 0): number | null {
  const at = nextReadingAt({ phase, statusSince: before(lastedMs), rechecks }, now, jitter, 'backoff')
  return at === null ? null : at.getTime() - now.getTime()
}

const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const counts = fc.integer({ min: 1, max: 1_000_000 })

describe('a live migration', () => {
  test.each(LIVE)(
    '%s is read again after as long as it has lasted, within a floor and a ceiling',
    (phase) => {
      const ceilingMs = CEILING_MS[phase] ?? Number.NaN

      expect(waitMs(phase, 0)).toBe(5 * SECOND)
      expect(waitMs(phase, 4 * SECOND)).toBe(5 * SECOND)
      expect(waitMs(phase, 7 * SECOND)).toBe(7 * SECOND)
      expect(waitMs(phase, ceilingMs - 1)).toBe(ceilingMs - 1)
      expect(waitMs(phase, ceilingMs + 1)).toBe(ceilingMs)
      expect(waitMs(phase, 30 * 24 * HOUR)).toBe(ceilingMs)
    },
  )

  test('is read at times that double, until the ceiling', () => {
    const ages: number[] = []
    for (let ageMs = 0; ages.length < 9; ageMs += waitMs('running', ageMs) ?? 0) ages.push(ageMs / SECOND)

    expect(ages).toEqual([0, 5, 10, 20, 40, 80, 160, 320, 620])
  })

  test('is read soon again after a change, however long it lasted before', () => {
    expect(waitMs('running', 20 * HOUR)).toBe(5 * MINUTE)
    expect(waitMs('needs_input', 0)).toBe(5 * SECOND)
  })

  test('is read soon where its status began in the future, since the clock was set back', () => {
    expect(waitMs('running', -20 * HOUR)).toBe(5 * SECOND)
  })

  test('waits up to a fifth more or less', () => {
    expect(waitMs('running', MINUTE, 0)).toBe(48 * SECOND)
    expect(waitMs('running', MINUTE, 0.999_999)).toBeCloseTo(72 * SECOND, -1)
  })
})

describe('a migration that ended', () => {
  test.each(ENDED)('%s is read after an hour, after a day, and never again', (phase) => {
    expect(RECHECKS_MS).toEqual([HOUR, 24 * HOUR])
    expect(waitMs(phase, 0, NONE, 0)).toBe(HOUR)
    expect(waitMs(phase, 10 * MINUTE, NONE, 0)).toBe(50 * MINUTE)
    expect(waitMs(phase, 2 * HOUR, NONE, 1)).toBe(22 * HOUR)
    expect(waitMs(phase, 25 * HOUR, NONE, 2)).toBeNull()
    expect(waitMs(phase, 0, NONE, 99)).toBeNull()
  })

  test('is read at once where its time has passed', () => {
    expect(waitMs('succeeded', 3 * HOUR, NONE, 0)).toBe(0)
    expect(waitMs('succeeded', 48 * HOUR, NONE, 1)).toBe(0)
  })
})

describe('whatever the clock does', () => {
  const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })

  test('the next reading of a live migration comes after the floor and before the ceiling', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LIVE), moment, moment, jitters, (phase, statusSince, at, jitter) => {
        const next = nextReadingAt({ phase, statusSince, rechecks: 0 }, at, jitter, 'backoff')
        const wait = (next?.getTime() ?? Number.NaN) - at.getTime()

        expect(wait).toBeGreaterThanOrEqual(4 * SECOND)
        expect(wait).toBeLessThanOrEqual(1.2 * (CEILING_MS[phase] ?? 0))
      }),
    )
  })

  test('the next reading of an ended migration never lies in the past', () => {
    const rechecks = fc.integer({ min: 0, max: 3 })
    fc.assert(
      fc.property(fc.constantFrom(...ENDED), moment, moment, rechecks, (phase, statusSince, at, done) => {
        const next = nextReadingAt({ phase, statusSince, rechecks: done }, at, 0, 'backoff')

        expect(next === null).toBe(done >= RECHECKS_MS.length)
        if (next !== null) expect(next.getTime()).toBeGreaterThanOrEqual(at.getTime())
      }),
    )
  })
})

describe('waits after trouble', () => {
  const inSeconds = (wait: (n: number) => number, numbers: readonly number[]) =>
    numbers.map((n) => Math.round(wait(n) / 100) / 10)

  test('one migration or page: two seconds, doubling, at most five minutes', () => {
    const waits = inSeconds((n) => retryAfterFailureMs(n, NONE), [1, 2, 3, 4, 8, 9, 50])

    expect(waits).toEqual([2, 4, 8, 16, 256, 300, 300])
  })

  test('differ by up to a fifth, so that not all come back at once', () => {
    expect([0, 0.999_999].map((jitter) => Math.round(retryAfterFailureMs(1, jitter)))).toEqual([1600, 2400])
    expect([0, 0.999_999].map((jitter) => Math.round(pauseAfterFailuresMs(5, jitter)))).toEqual([800, 1200])
    expect([0, 0.999_999].map((jitter) => Math.round(pauseAfterThrottleMs(1, jitter)))).toEqual([2000, 2400])
  })

  test('the account: none before the fifth failure, then one second, doubling, at most fifteen', () => {
    const waits = inSeconds((n) => pauseAfterFailuresMs(n, NONE), [1, 4, 5, 6, 8, 9, 10, 99])

    expect(waits).toEqual([0, 0, 1, 2, 8, 15, 15, 15])
  })

  test('a refusal that names no time: two seconds, doubling, at most a minute, and never less', () => {
    const waits = inSeconds((n) => pauseAfterThrottleMs(n, 0), [1, 2, 3, 5, 6, 99])

    expect(waits).toEqual([2, 4, 8, 32, 60, 60])
  })

  test('a key that is not accepted: half a minute, doubling, at most ten minutes', () => {
    expect(inSeconds(probeAfterMs, [0, 1, 4, 5, 99])).toEqual([30, 60, 480, 600, 600])
  })

  test('a missing migration is asked for three times more, over at least a minute', () => {
    const totalMs = CONFIRM_MISSING_MS.reduce<number>((sum, ms) => sum + ms, 0)

    expect(CONFIRM_MISSING_MS).toHaveLength(3)
    expect(totalMs).toBeGreaterThanOrEqual(MINUTE)
  })

  test.each([
    ['one migration or page', retryAfterFailureMs, 1_600, 6 * MINUTE],
    ['the account, ill', pauseAfterFailuresMs, 0, 18 * SECOND],
    ['the account, throttled', pauseAfterThrottleMs, 2 * SECOND, 72 * SECOND],
    ['the key', probeAfterMs, 30 * SECOND, 10 * MINUTE],
  ])('%s: finite for any count, and never shorter for more trouble', (_name, wait, leastMs, mostMs) => {
    fc.assert(
      fc.property(counts, jitters, (n, jitter) => {
        expect(wait(n, jitter)).toBeGreaterThanOrEqual(leastMs)
        expect(wait(n, jitter)).toBeLessThanOrEqual(mostMs)
        expect(wait(n + 1, jitter)).toBeGreaterThanOrEqual(wait(n, jitter))
      }),
    )
  })
})

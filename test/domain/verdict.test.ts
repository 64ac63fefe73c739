import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { PHASES, progressOf } from '../../src/domain/phase.ts'
import { contradictionOf, furthestOf, isReopening, judge, type Known } from '../../src/domain/verdict.ts'
import { at, observe, STATUSES, type Status, VOCABULARY } from './observing.ts'

/** Known from a reading that took from 1000 to 1500 ms. */
function known(status: Status, furthest: 0 | 1 | 2 = progressOf(VOCABULARY[status])): Known {
  const times = { requestedAt: at(1000), lastObservedAt: at(1500), statusSince: at(0) }
  const doubts = { vanishedAt: null, contradictedAt: null, falseDoubts: 0 }
  return { status, phase: VOCABULARY[status], furthest, ...times, ...doubts }
}

const anyStatus = fc.constantFrom(...STATUSES)
const anyVia = fc.constantFrom('get', 'list')

describe('a reading', () => {
  test('of something unknown is a discovery, whatever it shows', () => {
    for (const status of STATUSES) {
      expect(judge(null, observe('list', status, 0))).toBe('discovered')
      expect(judge(null, observe('get', status, 0))).toBe('discovered')
    }
  })

  test('that was asked for before the newest one, or with it, is stale, whatever it shows and whenever it came', () => {
    const sent = fc.integer({ min: 0, max: 1000 })
    fc.assert(
      fc.property(anyStatus, anyStatus, anyVia, sent, fc.nat(9999), (before, status, via, sentMs, tookMs) => {
        expect(judge(known(before), observe(via, status, sentMs, tookMs))).toBe('stale')
      }),
    )
  })

  test('is believed although it seems older, where the clock was set back', () => {
    const hour = 3_600_000
    const ahead = { ...known('WORKING'), requestedAt: at(hour), lastObservedAt: at(hour + 500) }

    expect(judge(ahead, observe('get', 'WORKING', 2000))).toBe('unchanged')
    expect(judge(ahead, observe('get', 'NOT_STARTED', 2000))).toBe('changed')
    expect(judge(ahead, observe('list', 'COMPLETE', 2000))).toBe('changed')
  })

  test('of a list does not bring back what a get could not find', () => {
    const gone = { ...known('WORKING'), vanishedAt: at(1600) }

    expect(judge(gone, observe('list', 'WORKING', 2000))).toBe('doubtful')
    expect(judge(gone, observe('list', 'COMPLETE', 2000))).toBe('doubtful')
    expect(judge(gone, observe('get', 'WORKING', 2000))).toBe('unchanged')
  })

  test('of the same status is no change, even where its phase has another meaning now', () => {
    expect(judge(known('WORKING'), observe('get', 'WORKING', 2000))).toBe('unchanged')
    expect(judge(known('WORKING'), observe('list', 'WORKING', 1001))).toBe('unchanged')
    expect(judge({ ...known('WORKING'), phase: 'unknown' }, observe('list', 'WORKING', 2000))).toBe(
      'unchanged',
    )
  })

  test('that showed another status is a change where a get was sent after all that is known, unless an end was left', () => {
    fc.assert(
      fc.property(anyStatus, anyStatus, fc.integer({ min: 1500, max: 9999 }), (before, status, sentMs) => {
        fc.pre(before !== status)
        const hasEnded = progressOf(VOCABULARY[before]) === 2
        expect(judge(known(before), observe('get', status, sentMs))).toBe(hasEnded ? 'doubtful' : 'changed')
      }),
    )
  })
})

describe('a get that shows a terminal status left', () => {
  const ended = known('COMPLETE')
  const doubted = { ...ended, contradictedAt: at(2000) }

  test.each<Status>(['WORKING', 'FAILED', 'SHINY_AND_NEW'])('is to be confirmed 10 s later: %s', (status) => {
    const first = observe('get', status, 1900, 100)
    expect(judge(ended, first)).toBe('doubtful')
    expect(contradictionOf(ended, first)).toEqual({ since: at(2000), confirmAt: at(12_000) })
    expect(judge(doubted, observe('get', status, 11_999))).toBe('doubtful')
    expect(contradictionOf(doubted, observe('get', status, 11_999))).toEqual({
      since: at(2000),
      confirmAt: at(12_000),
    })
    expect(judge(doubted, observe('get', status, 12_000))).toBe('changed')
  })

  test('is settled by the next one that shows it again, and by no list', () => {
    expect(judge(doubted, observe('get', 'COMPLETE', 12_000))).toBe('unchanged')
    for (const status of ['COMPLETE', 'WORKING', 'FAILED'] as const)
      expect(judge(doubted, observe('list', status, 12_000))).toBe('doubtful')
  })

  test('is not settled by what was asked for before it was answered', () => {
    expect(judge(doubted, observe('get', 'COMPLETE', 1900, 5000))).toBe('stale')
    expect(judge(doubted, observe('get', 'WORKING', 1900, 50_000))).toBe('stale')
  })

  test('is confirmed after a longer time where the last ones were wrong, up to a minute', () => {
    const waits = [0, 1, 2, 3, 10].map((falseDoubts) => {
      const seen = contradictionOf({ ...ended, falseDoubts }, observe('get', 'WORKING', 2000))
      return (seen?.confirmAt.getTime() ?? 0) - at(2000).getTime()
    })
    expect(waits).toEqual([10_000, 20_000, 40_000, 60_000, 60_000])
  })

  test('begins its wait anew where the clock was set back meanwhile', () => {
    const ahead = { ...ended, contradictedAt: at(3_600_000) }
    const seen = observe('get', 'WORKING', 2000)
    expect(contradictionOf(ahead, seen)).toEqual({ since: at(2000), confirmAt: at(12_000) })
  })

  test('needs no confirmation where another run has begun', () => {
    expect(judge({ ...ended, furthest: 0 }, observe('get', 'WORKING', 2000))).toBe('changed')
  })
})

test('a get that shows an end just after a migration was reopened may show the one before', () => {
  const reopened = { ...known('WORKING', 2), statusSince: at(1500) }

  expect(judge(reopened, observe('get', 'COMPLETE', 11_499))).toBe('doubtful')
  expect(judge(reopened, observe('get', 'PENDING_USER_INPUT', 11_499))).toBe('changed')
  expect(judge(reopened, observe('get', 'COMPLETE', 11_500))).toBe('changed')
})

describe.each([
  ['a list row', 'list', 5000],
  ['a get that was under way with the known reading', 'get', 1400],
] as const)('%s', (_name, via, sentMs) => {
  test.each<[Status, Status]>([
    ['NOT_STARTED', 'WORKING'],
    ['NOT_STARTED', 'PENDING_USER_INPUT'],
    ['NOT_READY', 'SHINY_AND_NEW'],
    ['NOT_READY', 'FAILED'],
    ['WORKING', 'COMPLETE'],
    ['SHINY_AND_NEW', 'LOGIN_ABANDONED'],
  ])('moves a migration on: %s, %s', (before, status) => {
    expect(judge(known(before), observe(via, status, sentMs))).toBe('changed')
  })

  test.each<[Status, Status]>([
    ['NOT_READY', 'NOT_STARTED'],
    ['WORKING', 'NOT_STARTED'],
    ['WORKING', 'PENDING_USER_INPUT'],
    ['PENDING_USER_INPUT', 'WORKING'],
    ['COMPLETE', 'WORKING'],
    ['COMPLETE', 'SHINY_AND_NEW'],
    ['COMPLETE', 'FAILED'],
  ])('never moves it back or aside, but asks for a get: %s, %s', (before, status) => {
    expect(judge(known(before), observe(via, status, sentMs))).toBe('doubtful')
  })

  test('never moves a reopened migration to an end that it may have had before', () => {
    expect(judge(known('WORKING', 2), observe(via, 'COMPLETE', sentMs))).toBe('doubtful')
  })
})

test('the furthest stage never falls', () => {
  fc.assert(
    fc.property(anyStatus, fc.constantFrom(0, 1, 2), anyStatus, (before, furthest, status) => {
      const seen = observe('get', status, 5000)

      expect(furthestOf(known(before, furthest), seen)).toBe(Math.max(furthest, progressOf(seen.phase)))
      expect(furthestOf(null, seen)).toBe(progressOf(seen.phase))
    }),
  )
})

test('only a way from an end back to life is a reopening', () => {
  const pairs = PHASES.flatMap((from) => PHASES.map((to) => [from, to] as const))
  const reopenings = pairs.filter(([from, to]) => isReopening(from, to))

  expect(reopenings).toHaveLength(4 * 4)
  for (const [from, to] of reopenings) {
    expect(['succeeded', 'partial', 'failed', 'abandoned']).toContain(from)
    expect(['pending', 'running', 'needs_input', 'unknown']).toContain(to)
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { progressOf } from '../../src/domain/phase.ts'
import type { Observation } from '../../src/domain/reading.ts'
import { decideRecording } from '../../src/domain/recording.ts'
import { at, Ledger, observe, STATUSES, type Status, since, VOCABULARY } from './observing.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

describe('what is seen', () => {
  test('becomes transitions and events once each, in order', () => {
    const ledger = new Ledger()
    ledger.see(observe('list', 'NOT_STARTED', 0))
    ledger.see(observe('get', 'WORKING', 1000))
    ledger.see(observe('list', 'WORKING', 2000))
    ledger.see(observe('get', 'PENDING_USER_INPUT', 3000))
    ledger.see(observe('list', 'COMPLETE', 4000))
    ledger.see(observe('get', 'COMPLETE', 5000))

    expect(ledger.recorded).toEqual(['NOT_STARTED', 'WORKING', 'PENDING_USER_INPUT', 'COMPLETE'])
    expect(ledger.events).toEqual([
      ...['migration.discovered', 'migration.status_changed'],
      ...['migration.status_changed', 'migration.needs_input'],
      ...['migration.status_changed', 'migration.completed'],
    ])
    expect(ledger.stored).toMatchObject({ statusSince: at(4000), finishedAt: at(4000), furthest: 2 })
  })

  test('dates from the moment its answer was complete', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'WORKING', 0, 300))
    expect(ledger.stored).toMatchObject({ statusSince: at(300), finishedAt: null })

    ledger.see(observe('get', 'FAILED', 1000, 2500))
    expect(ledger.stored).toMatchObject({ statusSince: at(3500), finishedAt: at(3500) })
  })

  test('tells of an end that was left, and of the next one', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'COMPLETE', 0))
    ledger.see(observe('get', 'WORKING', 1000))
    expect(ledger.events).toHaveLength(2)
    expect(since(ledger.nextPollAt)).toBe(11_000)
    ledger.see(observe('get', 'WORKING', 11_000))
    ledger.see(observe('get', 'FAILED', 60_000))

    expect(ledger.events.slice(2)).toEqual([
      ...['migration.status_changed', 'migration.reopened'],
      ...['migration.status_changed', 'migration.failed'],
    ])
    expect(ledger.stored).toMatchObject({ finishedAt: at(60_000), rechecks: 0 })
  })

  test('has no end while it is reopened, and is read as often as anything that lives', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'COMPLETE', 0))
    ledger.see(observe('get', 'WORKING', 2 * HOUR - 10_000))
    expect(ledger.stored).toMatchObject({ finishedAt: at(0), status: 'COMPLETE' })
    ledger.see(observe('get', 'WORKING', 2 * HOUR))

    expect(ledger.stored).toMatchObject({ finishedAt: null, furthest: 2 })
    expect(since(ledger.nextPollAt)).toBe(2 * HOUR + 5000)
  })

  test('may be a status that nobody knows: told once, and read on', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'WORKING', 0))
    ledger.see(observe('get', 'SHINY_AND_NEW', 1000))
    ledger.see(observe('get', 'SHINY_AND_NEW', 2000))

    expect(ledger.events.slice(1)).toEqual(['migration.status_changed', 'migration.unknown_status'])
    expect(ledger.stored).toMatchObject({ status: 'SHINY_AND_NEW', finishedAt: null })
    expect(ledger.nextPollAt).not.toBeNull()
  })

  test('changes no history where the configuration gives its status another phase', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'SHINY_AND_NEW', 1000))
    const ended = ledger.see({ ...observe('list', 'SHINY_AND_NEW', 9000), phase: 'succeeded' })
    expect(ended).toMatchObject({ verdict: 'unchanged', events: [], finishedAt: at(1000), furthest: 2 })

    const lives = ledger.see({ ...observe('list', 'SHINY_AND_NEW', 10_000), phase: 'running' })
    expect(lives).toMatchObject({ verdict: 'unchanged', events: [], finishedAt: null })
  })
})

describe('the first sight of an ended migration', () => {
  test('after the baseline, or where the baseline is told, tells its end and is read again later', () => {
    const ledger = new Ledger(false)
    ledger.see(observe('list', 'FAILED', 0))

    expect(ledger.events).toEqual(['migration.discovered', 'migration.failed'])
    expect(since(ledger.nextPollAt)).toBe(HOUR)
  })

  test('during a silent baseline is no news, and costs no readings of its own', () => {
    const ledger = new Ledger(true)
    ledger.see(observe('list', 'FAILED', 0))

    expect(ledger.events).toEqual(['migration.discovered'])
    expect(ledger.stored).toMatchObject({ finishedAt: at(0) })
    expect(ledger.nextPollAt).toBeNull()
  })

  test('during a silent baseline hides nothing that happens to it later', () => {
    const ledger = new Ledger(true)
    ledger.see(observe('list', 'FAILED', 0))
    ledger.see(observe('get', 'WORKING', HOUR - 10_000))
    ledger.see(observe('get', 'WORKING', HOUR))
    ledger.see(observe('list', 'COMPLETE', 2 * HOUR))
    ledger.see(observe('get', 'COMPLETE', 2 * HOUR + 1))

    expect(ledger.events).toContain('migration.reopened')
    expect(ledger.events).toContain('migration.completed')
    expect(since(ledger.nextPollAt)).toBe(3 * HOUR + 1)
  })

  test('of a living migration is told in full during a silent baseline too', () => {
    const ledger = new Ledger(true)
    ledger.see(observe('list', 'PENDING_USER_INPUT', 0))
    ledger.see(observe('list', 'COMPLETE', 1000))

    expect(ledger.events).toContain('migration.needs_input')
    expect(ledger.events).toContain('migration.completed')
  })
})

describe('an ended migration', () => {
  function endedAt0() {
    const ledger = new Ledger()
    ledger.see(observe('get', 'WORKING', -1000))
    ledger.see(observe('get', 'COMPLETE', 0))
    return ledger
  }

  test('is read after an hour, after a day, and then never again', () => {
    const ledger = endedAt0()
    const times: (number | null)[] = [since(ledger.nextPollAt)]
    while (times.length < 3) {
      ledger.see(observe('get', 'COMPLETE', times.at(-1) ?? Number.NaN))
      times.push(since(ledger.nextPollAt))
    }

    expect(times).toEqual([HOUR, 24 * HOUR, null])
  })

  test('counts neither early gets nor list rows as such readings', () => {
    const ledger = endedAt0()
    ledger.see(observe('get', 'COMPLETE', HOUR - 1))
    expect(since(ledger.nextPollAt)).toBe(HOUR)

    ledger.see(observe('list', 'COMPLETE', 30 * HOUR))
    expect(ledger.stored?.rechecks).toBe(0)
    expect(since(ledger.nextPollAt)).toBe(30 * HOUR)
  })

  test('is read twice at once where the daemon slept through both times', () => {
    const ledger = endedAt0()
    ledger.see(observe('get', 'COMPLETE', 50 * HOUR))
    expect(since(ledger.nextPollAt)).toBe(50 * HOUR)

    ledger.see(observe('get', 'COMPLETE', 50 * HOUR + 1000))
    expect(ledger.nextPollAt).toBeNull()
  })

  test('begins anew with its readings where it ends again', () => {
    const ledger = endedAt0()
    for (const ms of [HOUR, 24 * HOUR]) ledger.see(observe('get', 'COMPLETE', ms))
    ledger.see(observe('get', 'COMPLETED_WITH_FAILURES', 40 * HOUR - 10_000))
    ledger.see(observe('get', 'COMPLETED_WITH_FAILURES', 40 * HOUR))

    expect(ledger.events.at(-1)).toBe('migration.completed_with_failures')
    expect(since(ledger.nextPollAt)).toBe(41 * HOUR)
  })
})

test('a list that always shows the same puts the next get off, but not for ever', () => {
  const ledger = new Ledger()
  ledger.see(observe('get', 'WORKING', 0))
  for (let ms = 30_000; ms <= 240_000; ms += 30_000) ledger.see(observe('list', 'WORKING', ms))
  expect(since(ledger.nextPollAt)).toBe(300_000)

  ledger.see(observe('list', 'WORKING', 400_000))

  expect(since(ledger.nextPollAt)).toBe(400_000)
})

describe('a migration that had vanished', () => {
  test('and is found again is read on, and no end is told twice', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'WORKING', 0))
    if (ledger.stored !== null) ledger.stored = { ...ledger.stored, vanishedAt: at(1000) }
    const found = ledger.see(observe('get', 'WORKING', 2000))

    expect(found).toMatchObject({ verdict: 'unchanged', events: [], statusSince: at(0) })
    expect(since(ledger.nextPollAt)).toBe(7000)
  })

  test('and is found again in another status tells that', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'WORKING', 0))
    if (ledger.stored !== null) ledger.stored = { ...ledger.stored, vanishedAt: at(1000) }

    expect(ledger.see(observe('get', 'FAILED', 2000)).events).toContain('migration.failed')
  })
})

/** A request of the daemon's: when, how long, and what it shows of the history. */
interface Request {
  readonly via: 'get' | 'list'
  readonly sentMs: number
  readonly tookMs: number
  /** For a get: when within the request it was answered. For a list: how far its row lies in the past. */
  readonly share: number
}

const STEP_MS = 100

/** What the request shows of a migration that takes on one status of its history every 100 ms. */
function answer(history: readonly Status[], { via, sentMs, tookMs, share }: Request): Observation {
  const index = (ms: number) => Math.min(Math.floor(ms / STEP_MS), history.length - 1)
  const past = via === 'get' ? index(sentMs + share * tookMs) : Math.floor(share * index(sentMs + tookMs))
  return observe(via, history[past] ?? 'WORKING', sentMs, tookMs)
}

const requests = (via: fc.Arbitrary<'get' | 'list'>) =>
  fc
    .array(
      fc.record({
        via,
        sentMs: fc.nat(1500),
        tookMs: fc.nat(300),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 25 },
    )
    .map((all) => all.toSorted((a, b) => a.sentMs + a.tookMs - (b.sentMs + b.tookMs)))

const anyStatus = fc.constantFrom(...STATUSES)
const anyVia = fc.constantFrom('get', 'list')
const anyHistory = fc.array(anyStatus, { minLength: 1, maxLength: 12 })
const progress = (status: Status) => progressOf(VOCABULARY[status])
const forwardHistory = anyHistory.map((all) => all.toSorted((a, b) => progress(a) - progress(b)))

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let next = 0
  for (const one of whole) if (one === part[next]) next += 1
  return next === part.length
}

describe('whatever is seen, and in whatever order', () => {
  test('lists out of date and answers that overtake each other invent nothing in a life that only goes forward', () => {
    fc.assert(
      fc.property(forwardHistory, requests(anyVia), (history, all) => {
        const ledger = new Ledger()
        for (const request of all) ledger.see(answer(history, request))

        expect(isSubsequence(ledger.recorded, history)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  test('gets that show each status twice are recorded as they come, whatever late answers come in between', () => {
    const step = fc.record({ status: anyStatus, late: anyStatus, via: anyVia, agoMs: fc.nat(5000) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const ledger = new Ledger()
        for (const [index, { status, late, via, agoMs }] of steps.entries()) {
          for (const sentMs of [2 * index * MINUTE, (2 * index + 1) * MINUTE + 1000]) {
            ledger.see(observe('get', status, sentMs, 999))
            ledger.see(observe(via, late, sentMs - agoMs, 9999))
          }
        }
        const shown = steps.map(({ status }) => status)

        expect(ledger.recorded).toEqual(shown.filter((status, index) => status !== shown[index - 1]))
      }),
    )
  })

  const lies = fc.array(
    fc.record({
      via: anyVia,
      status: anyStatus,
      sentMs: fc.nat(2000),
      tookMs: fc.nat(300),
    }),
    { maxLength: 30 },
  )

  test('what two gets show that were sent a minute apart, after every answer so far, is always recorded', () => {
    fc.assert(
      fc.property(lies, anyStatus, (all, status) => {
        const ledger = new Ledger()
        for (const { via, status: lie, sentMs, tookMs } of all) ledger.see(observe(via, lie, sentMs, tookMs))
        ledger.see(observe('get', status, 2300))
        ledger.see(observe('get', status, 2300 + MINUTE))

        expect(ledger.recorded.at(-1)).toBe(status)
      }),
    )
  })

  test('lists alone cause two transitions at most, each to a later stage, even where they show anything at all', () => {
    fc.assert(
      fc.property(lies, (all) => {
        const ledger = new Ledger()
        for (const { status, sentMs, tookMs } of all) ledger.see(observe('list', status, sentMs, tookMs))
        const stages = (ledger.recorded as Status[]).map(progress)

        expect(stages).toEqual([...new Set(stages)].sort())
      }),
    )
  })

  test('every transition has its one event of each type, and no status follows itself', () => {
    fc.assert(
      fc.property(lies, fc.boolean(), (all, silent) => {
        const ledger = new Ledger(silent)
        for (const { via, status, sentMs, tookMs } of all) ledger.see(observe(via, status, sentMs, tookMs))
        const { recorded, events } = ledger
        const told = (type: string) => events.filter((event) => event === `migration.${type}`).length
        const silenced = silent ? recorded.slice(0, 1) : []

        expect(recorded.every((status, index) => status !== recorded[index - 1])).toBe(true)
        expect(told('discovered')).toBe(Math.min(1, recorded.length))
        expect(told('status_changed')).toBe(Math.max(0, recorded.length - 1))
        const completed = (list: readonly string[]) => list.filter((status) => status === 'COMPLETE').length
        expect(told('completed')).toBe(completed(recorded) - completed(silenced))
      }),
    )
  })

  test('a reading that was asked for earlier changes nothing', () => {
    fc.assert(
      fc.property(lies, anyStatus, anyVia, fc.nat(99_999), (all, status, via, tookMs) => {
        const ledger = new Ledger()
        ledger.see(observe('get', 'WORKING', 0))
        for (const { via: how, status: lie, sentMs } of all) ledger.see(observe(how, lie, sentMs))
        const { stored } = ledger
        const {
          verdict,
          events,
          nextPollAt: _,
          contradiction,
          ...decided
        } = decideRecording(stored, observe(via, status, 0, tookMs), {
          silent: false,
          policy: 'backoff',
          jitter: 0,
        })

        expect({ verdict, events, contradiction }).toEqual({
          verdict: 'stale',
          events: [],
          contradiction: null,
        })
        expect(stored).toMatchObject(decided)
      }),
    )
  })

  // The price of believing lists at all; a provider would have to reopen migrations and cache its lists.
  test('an end that nobody saw before it was left may be told late, from an old list, until two gets', () => {
    const ledger = new Ledger()
    ledger.see(observe('get', 'NOT_STARTED', 0))
    ledger.see(observe('get', 'WORKING', 1000))
    ledger.see(observe('list', 'COMPLETE', 2000))
    ledger.see(observe('get', 'WORKING', 3000))
    ledger.see(observe('get', 'WORKING', 13_000))

    expect(ledger.recorded).toEqual(['NOT_STARTED', 'WORKING', 'COMPLETE', 'WORKING'])
  })
})

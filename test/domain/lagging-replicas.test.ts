import fc from 'fast-check'
import { expect, test } from 'vitest'

import { progressOf } from '../../src/domain/phase.ts'
import type { Observation } from '../../src/domain/reading.ts'
import { Ledger, observe, STATUSES, type Status, VOCABULARY } from './observing.ts'

/** A provider behind replicas, each some seconds behind the truth; its list may be much older. */
interface Stay {
  readonly status: Status
  readonly lastsMs: number
}

interface Request {
  readonly via: 'get' | 'list'
  readonly sentMs: number
  readonly tookMs: number
  /** When within the request it was answered. */
  readonly share: number
  /** How far behind the truth the answer is. */
  readonly lagMs: number
}

/** Shorter than the wait before a step back is confirmed. */
const MOST_LAG_MS = 9_999
const MINUTE = 60_000
const isEnd = (status: string) => progressOf(VOCABULARY[status as Status]) === 2

const stays = fc.array(
  fc.record({ status: fc.constantFrom(...STATUSES), lastsMs: fc.integer({ min: 1, max: 40_000 }) }),
  { minLength: 1, maxLength: 10 },
)
const timing = {
  sentMs: fc.nat(200_000),
  tookMs: fc.nat(3_000),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
}
const get = fc.record({ via: fc.constant('get' as const), ...timing, lagMs: fc.nat(MOST_LAG_MS) })
const list = fc.record({ via: fc.constant('list' as const), ...timing, lagMs: fc.nat(200_000) })
const requests = fc
  .array(fc.oneof({ weight: 3, arbitrary: get }, { weight: 1, arbitrary: list }), { maxLength: 60 })
  .map((all) => all.toSorted((a, b) => a.sentMs + a.tookMs - (b.sentMs + b.tookMs)))

/** What the request shows, and which stay that is. */
function answer(life: readonly Stay[], { via, sentMs, tookMs, share, lagMs }: Request): Observation {
  let leftMs = Math.max(0, sentMs + share * tookMs - lagMs)
  let stay = 0
  while (stay < life.length - 1 && leftMs >= (life[stay]?.lastsMs ?? 0)) {
    leftMs -= life[stay]?.lastsMs ?? 0
    stay += 1
  }
  return { ...observe(via, life[stay]?.status ?? 'WORKING', sentMs, tookMs), attributes: { stay } }
}

/** The stays that were recorded, in their order, each with its status. */
function play(life: readonly Stay[], all: readonly Request[]) {
  const ledger = new Ledger()
  const recorded: { readonly stay: unknown; readonly status: string }[] = []
  for (const request of all) {
    const seen = answer(life, request)
    const { verdict } = ledger.see(seen)
    if (verdict === 'discovered' || verdict === 'changed')
      recorded.push({ stay: seen.attributes['stay'], status: seen.status })
  }
  return { ledger, recorded }
}

test('whichever replicas answer, and in whatever order, no ending is told twice', () => {
  fc.assert(
    fc.property(stays, requests, (life, all) => {
      const ends = play(life, all).recorded.filter(({ status }) => isEnd(status))

      expect(ends.map(({ stay }) => stay)).toEqual([...new Set(ends.map(({ stay }) => stay))])
    }),
    { numRuns: 5_000 },
  )
})

test('a life with one ending is told one ending, and no reopening', () => {
  const living = fc.constantFrom<Status>('NOT_READY', 'NOT_STARTED', 'WORKING', 'PENDING_USER_INPUT')
  const oneEnd = fc
    .tuple(
      stays,
      fc.array(living, { minLength: 10, maxLength: 10 }),
      fc.constantFrom<Status>('COMPLETE', 'FAILED'),
    )
    .map(([all, statuses, end]): Stay[] => [
      ...all.map(({ lastsMs }, index) => ({ lastsMs, status: statuses[index] ?? 'WORKING' })),
      { status: end, lastsMs: 1 },
    ])
  fc.assert(
    fc.property(oneEnd, requests, (life, all) => {
      const { ledger, recorded } = play(life, all)

      expect(recorded.filter(({ status }) => isEnd(status)).length).toBeLessThanOrEqual(1)
      expect(ledger.events).not.toContain('migration.reopened')
    }),
    { numRuns: 2_000 },
  )
})

test('how it ended at last is told, once two gets a minute apart show it', () => {
  fc.assert(
    fc.property(stays, requests, fc.nat(MOST_LAG_MS), (life, all, lagMs) => {
      const { ledger } = play(life, all)
      // All stays are over after 400 s.
      for (const sentMs of [500_000, 500_000 + MINUTE])
        ledger.see(answer(life, { via: 'get', sentMs, tookMs: 100, share: 1, lagMs }))

      expect(ledger.recorded.at(-1)).toBe(life.at(-1)?.status)
    }),
    { numRuns: 2_000 },
  )
})

test('a migration that was really reopened is told so, between the last get that showed its end and the one that confirms', () => {
  const ledger = new Ledger()
  ledger.see(observe('get', 'WORKING', 0))
  ledger.see(observe('get', 'COMPLETE', 60_000))
  for (const sentMs of [90_000, 93_000, 100_000]) ledger.see(observe('get', 'WORKING', sentMs))
  ledger.see(observe('get', 'COMPLETE', 200_000))

  expect(ledger.recorded).toEqual(['WORKING', 'COMPLETE', 'WORKING', 'COMPLETE'])
  expect(ledger.events.filter((type) => type === 'migration.completed')).toHaveLength(2)
  expect(ledger.events.filter((type) => type === 'migration.reopened')).toHaveLength(1)
})

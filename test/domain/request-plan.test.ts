import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type Demand, decideShares } from '../../src/domain/request-plan.ts'

const demand = (changes: Partial<Demand> = {}): Demand => ({
  ...{ tokens: 10, lookDue: false, sweepDue: false, msSinceSweepRequest: 60_000, requestsPerSecond: 2 },
  ...changes,
})

describe('the tokens of a tick', () => {
  test('go to the polls where nothing else is due', () => {
    expect(decideShares(demand())).toEqual({ look: false, sweep: 'never', polls: 10 })
  })

  test('go to a look first, the last one too', () => {
    const due = { lookDue: true, sweepDue: true }

    expect(decideShares(demand({ ...due }))).toEqual({ look: true, sweep: 'always', polls: 8 })
    expect(decideShares(demand({ ...due, tokens: 1 }))).toEqual({ look: true, sweep: 'spare', polls: 0 })
    expect(decideShares(demand({ lookDue: true }))).toEqual({ look: true, sweep: 'never', polls: 9 })
  })

  test('go to a sweep before the polls, as often as every second request', () => {
    const sweep = (msSinceSweepRequest: number | null) =>
      decideShares(demand({ sweepDue: true, msSinceSweepRequest, tokens: 1 }))

    expect(sweep(null)).toEqual({ look: false, sweep: 'always', polls: 0 })
    expect(sweep(1000)).toEqual({ look: false, sweep: 'always', polls: 0 })
    expect(sweep(999)).toEqual({ look: false, sweep: 'spare', polls: 1 })
  })

  test('go to a sweep where the clock was set back', () => {
    expect(decideShares(demand({ sweepDue: true, msSinceSweepRequest: -1 })).sweep).toBe('always')
  })

  test('go nowhere where there are none', () => {
    for (const tokens of [0, -3]) {
      const shares = decideShares(demand({ tokens, lookDue: true, sweepDue: true }))
      expect(shares).toEqual({ look: false, sweep: 'never', polls: 0 })
    }
  })

  test('are never more than there are, and go only where they are wanted', () => {
    const demands = fc.record<Demand>({
      tokens: fc.integer({ min: -5, max: 10_000 }),
      lookDue: fc.boolean(),
      sweepDue: fc.boolean(),
      msSinceSweepRequest: fc.option(fc.double({ noNaN: true })),
      requestsPerSecond: fc.double({ min: 1e-6, max: 1_000, noNaN: true }),
    })
    const duePolls = fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY))
    fc.assert(
      fc.property(demands, duePolls, (wanted, due) => {
        const shares = decideShares(wanted)
        const spent = spend(shares, due)

        expect(spent.look + spent.sweep + spent.polls).toBeLessThanOrEqual(Math.max(0, wanted.tokens))
        expect(spent.look).toBe(wanted.lookDue && wanted.tokens > 0 ? 1 : 0)
        if (!wanted.sweepDue) expect(shares.sweep).toBe('never')
        expect(Number.isInteger(shares.polls) && shares.polls >= 0).toBe(true)
      }),
    )
  })
})

/** What a planner makes of its shares where so many polls are due. */
function spend(shares: ReturnType<typeof decideShares>, duePolls: number) {
  const polls = Math.min(duePolls, shares.polls)
  const sweeps = shares.sweep === 'always' || (shares.sweep === 'spare' && polls < shares.polls)
  return { look: shares.look ? 1 : 0, sweep: sweeps ? 1 : 0, polls }
}

interface Load {
  readonly requestsPerSecond: number
  readonly burst: number
  /** How long a page takes; meanwhile the sweep wants no other. */
  readonly pageMs: number
  readonly duePolls: number
}

const LOOK_EVERY_MS = 30_000

/** As the daemon ticks: a full bucket does not run over in between. */
function tickOf({ requestsPerSecond, burst }: Pick<Load, 'requestsPerSecond' | 'burst'>): number {
  return Math.round(Math.min(1000, Math.max(100, (500 * burst) / requestsPerSecond)))
}

/** Ticks through time with an account's bucket, a sweep that never ends and polls that are always due. */
function simulate({ requestsPerSecond, burst, pageMs, duePolls }: Load, forMs: number) {
  const tickMs = tickOf({ requestsPerSecond, burst })
  const total = { look: 0, sweep: 0, polls: 0 }
  let [bucket, lookAt, sweptAt] = [burst, 0, Number.NEGATIVE_INFINITY]
  for (let now = 0; now < forMs; now += tickMs) {
    bucket = Math.min(burst, bucket + (requestsPerSecond * tickMs) / 1000)
    const shares = decideShares({
      tokens: Math.floor(bucket + 1e-6),
      lookDue: now >= lookAt,
      sweepDue: now >= sweptAt + pageMs,
      msSinceSweepRequest: Number.isFinite(sweptAt) ? now - sweptAt : null,
      requestsPerSecond,
    })
    const spent = spend(shares, duePolls)
    bucket -= spent.look + spent.sweep + spent.polls
    if (spent.look > 0) lookAt = now + LOOK_EVERY_MS
    if (spent.sweep > 0) sweptAt = now
    total.look += spent.look
    total.sweep += spent.sweep
    total.polls += spent.polls
  }
  return { ...total, left: bucket }
}

describe('over many ticks', () => {
  const FOR_MS = 300_000
  const given = ({ requestsPerSecond }: { requestsPerSecond: number }) => (requestsPerSecond * FOR_MS) / 1000
  const pageTurns = (load: Omit<Load, 'duePolls'>) => FOR_MS / (load.pageMs + tickOf(load))

  /** A bucket smaller than what flows in between two ticks, or a look that is due with every token, may starve others. */
  const loads = fc
    .record({
      requestsPerSecond: fc.double({ min: 0.2, max: 100, noNaN: true }),
      burst: fc.integer({ min: 1, max: 100 }),
      pageMs: fc.integer({ min: 10, max: 2000 }),
    })
    .filter((load) => load.burst * 10 >= load.requestsPerSecond)

  test('neither polls nor sweeps starve where there is more to do of everything than the budget allows', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { look, sweep, polls } = simulate({ ...load, duePolls: Number.POSITIVE_INFINITY }, FOR_MS)

        expect(look).toBeGreaterThanOrEqual(FOR_MS / LOOK_EVERY_MS - 1)
        expect(polls).toBeGreaterThanOrEqual(given(load) / 5 - look)
        expect(sweep).toBeGreaterThanOrEqual(Math.min(given(load) / 5, pageTurns(load) / 3) - look)
        expect(sweep).toBeLessThanOrEqual(given(load) / 2 + load.burst + 1)
      }),
    )
  })

  test('a sweep takes whatever the polls leave', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { look, sweep, polls } = simulate({ ...load, duePolls: 0 }, FOR_MS)

        expect(polls).toBe(0)
        expect(sweep).toBeGreaterThanOrEqual(Math.min(given(load), pageTurns(load)) / 2 - look)
      }),
    )
  })

  test('never more is spent than the bucket gives', () => {
    fc.assert(
      fc.property(loads, fc.nat(50), (load, duePolls) => {
        const { look, sweep, polls, left } = simulate({ ...load, duePolls }, FOR_MS)

        expect(look + sweep + polls).toBeLessThanOrEqual(load.burst + given(load) * 1.01 + 1)
        expect(left).toBeGreaterThanOrEqual(-1e-3)
      }),
    )
  })
})

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { halved, LEAST_SHARE, shareAfter } from '../../src/domain/adaptive-rate.ts'
import { blockBudget, countTokens, spendToken } from '../../src/store/budgets.ts'
import { inTransaction } from '../../src/store/db.ts'
import { effectiveRate, halveRate, lockTraffic, recordPace } from '../../src/store/pacing.ts'
import { createTestAccount, query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import { openTestDb } from '../support/world.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  world = await createTestAccount()
})
afterEach(() => world.close())

const rate = { requestsPerSecond: 20, burst: 10 }
const spend = () => spendToken(world.db, 'acme', 'get', rate)
const speed = () => effectiveRate(world.db, 'acme', rate)
const tokens = () => countTokens(world.db, 'acme', rate)
const halve = (requestedAt = new Date(), pauseMs = 0) =>
  inTransaction(world.db, (tx) => halveRate(tx, 'acme', { requestedAt, pauseMs }))
const keepTo = (pace: Parameters<typeof recordPace>[2]) =>
  inTransaction(world.db, (tx) => recordPace(tx, 'acme', pace, rate))
/** As if so much time had passed since the last refusal. */
const pass = (interval: string) =>
  query(world.db, 'update landfall.budget set share_at = share_at - $1::interval', [interval])

describe('a refusal', () => {
  test('halves the rate, down to a floor', async () => {
    const shares: (number | null)[] = []
    for (let i = 0; i < 8; i += 1) shares.push(await halve())

    expect(shares[0]).toBe(0.5)
    expect(shares[1]).toBeCloseTo(0.25, 3)
    expect(shares.at(-1)).toBe(LEAST_SHARE)
    expect(await speed()).toBeCloseTo(20 * LEAST_SHARE, 2)
  })

  test('of what was sent before the last pause began halves nothing', async () => {
    const before = new Date(Date.now() - 1_000)
    await halve(before)
    await blockBudget(world.db, 'acme', 0, rate)

    expect(await halve(before)).toBeNull()
    expect(await halve(new Date(Date.now() + 1_000))).toBeCloseTo(0.25, 3)
  })

  test('leaves the account its lower rate after a restart, and in other processes', async ({
    onTestFinished: after,
  }) => {
    await halve()
    expect(await effectiveRate(openTestDb(after, world.url), 'acme', rate)).toBeCloseTo(10, 1)
  })
})

describe('recovery', () => {
  test('gives back a twentieth of the configured rate a minute, and no more than all of it', async () => {
    await halve()
    await pass('1 minute')
    expect(await speed()).toBeCloseTo(11, 1)
    await pass('4 minutes')
    expect(await speed()).toBeCloseTo(15, 1)
    await pass('1 day')
    expect(await speed()).toBe(20)
  })

  test('begins when the pause ends', async () => {
    await halve(new Date(), 60_000)
    await pass('30 seconds')
    expect(await speed()).toBe(10)
  })

  test('is told once, by the first request at the whole rate', async () => {
    await halve()
    expect(await spend()).toMatchObject({ kind: 'granted', recovered: false })
    await pass('10 minutes')
    expect(await spend()).toMatchObject({ kind: 'granted', recovered: true })
    expect(await spend()).toMatchObject({ kind: 'granted', recovered: false })
  })

  test('in the database is that of the domain', async () => {
    const share = fc.double({ min: LEAST_SHARE, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(share, fc.integer({ min: 0, max: 3_600 }), async (before, ageS) => {
        await query(
          world.db,
          `update landfall.budget set share = $1, share_at = clock_timestamp() - make_interval(secs => $2)`,
          [before, ageS],
        )
        expect(await speed()).toBeCloseTo(20 * shareAfter(before, ageS * 1_000), 1)
        expect(await halve()).toBeCloseTo(halved(shareAfter(before, ageS * 1_000)), 2)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a pace that headers ask for', () => {
  test('holds until the reset, and no longer', async () => {
    await keepTo({ kind: 'spread', requestsPerSecond: 2, forMs: 400 })
    expect(await speed()).toBe(2)
    expect(await spend()).toMatchObject({ paced: true })
    await waitFor(async () => (await speed()) === 20, { what: 'the reset' })
    expect(await spend()).toMatchObject({ kind: 'granted', paced: false })
  })

  test('is lifted by a later answer, and never above what refusals have left', async () => {
    await halve()
    await keepTo({ kind: 'spread', requestsPerSecond: 2, forMs: 60_000 })
    expect(await speed()).toBe(2)
    await keepTo({ kind: 'spread', requestsPerSecond: 19, forMs: 60_000 })
    expect(await speed()).toBeCloseTo(10, 1)
    await keepTo({ kind: 'free' })
    expect(await speed()).toBeCloseTo(10, 1)
  })

  test('that was set before the clock was set back is forgotten', async () => {
    await keepTo({ kind: 'spread', requestsPerSecond: 0.01, forMs: 60_000 })
    await spend()
    await query(
      world.db,
      `update landfall.budget set pace_until = pace_until + interval '1 hour', slow_full_at = now() + interval '1 hour'`,
    )
    expect(await speed()).toBe(20)
    expect(await spend()).toMatchObject({ kind: 'granted' })
  })

  test('of nothing at all blocks the account', async () => {
    await keepTo({ kind: 'wait', forMs: 60_000 })
    expect(await spend()).toEqual({ kind: 'refused' })
    expect(await tokens()).toBe(0)
  })

  test('is counted from the requests that all have sent since', async () => {
    const first = await spend()
    await spend()
    await spend()
    if (first.kind !== 'granted') throw new Error('there was a full bucket')
    const traffic = await inTransaction(world.db, (tx) => lockTraffic(tx, 'acme', first.number))
    expect(traffic).toEqual({ sentSince: 2, blocked: false })
  })
})

test('what countTokens promises can be spent, and one more cannot, at any speed', async () => {
  const slow = { requestsPerSecond: 0.5, burst: 9 }
  const spendAll = async () => {
    let spent = 0
    while ((await spendToken(world.db, 'acme', 'get', slow)).kind === 'granted') spent += 1
    return spent
  }
  const share = fc.constantFrom(1, 0.9, 0.5, 0.1, LEAST_SHARE)
  const pace = fc.constantFrom(null, 0.3, 0.01)
  const missing = fc.integer({ min: 0, max: 9 })
  await fc.assert(
    fc.asyncProperty(share, pace, missing, async (part, perSecond, taken) => {
      await query(
        world.db,
        `update landfall.budget set share = $1, share_at = null, pace = $2, pace_until = now() + interval '1 minute',
         slow_full_at = now(), full_at = now() + make_interval(secs => 2.0 * $3)`,
        [part, perSecond, taken],
      )
      const promised = await countTokens(world.db, 'acme', slow)
      expect(await spendAll()).toBe(promised)
      expect(promised).toBeLessThanOrEqual(9 - taken)
      if (part < 1 || perSecond !== null) expect(promised).toBeLessThanOrEqual(1)
    }),
    { numRuns: 30 },
  )
})

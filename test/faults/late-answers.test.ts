import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Answer } from '../../src/providers/provider.ts'
import { settleAnswer } from '../../src/work/settle-answer.ts'
import { createTestAccount, query } from '../support/account.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount()
})
afterEach(() => landfall.close())

const settle = (answer: Answer<unknown>, requestedAt: Date) =>
  settleAnswer(landfall.deps, landfall.account, answer, requestedAt)

/** The database's clock. A `Date` drops its microseconds, so that what is to lie after the past needs another one. */
async function readClock(aheadMs = 1): Promise<Date> {
  const [row] = await query<{ now: Date }>(
    landfall.db,
    `select clock_timestamp() + make_interval(secs => $1) as now`,
    [aheadMs / 1000],
  )
  return row?.now ?? new Date()
}

async function loadPause() {
  const [row] = await query<{ seconds: number; throttles: number; failures: number }>(
    landfall.db,
    `select coalesce(extract(epoch from blocked_until - now()), 0)::float8 as seconds, throttles, failures
     from landfall.budget`,
  )
  return row
}

const throttled: Answer<never> = { kind: 'throttled', statusCode: 429, retryAfterMs: null }
const unusable: Answer<never> = { kind: 'unusable', reason: 'answered 502', passing: true }
const refused: Answer<never> = { kind: 'refused', statusCode: 401 }
const good: Answer<unknown> = { kind: 'ok', value: {} }

describe('answers to what was asked together', () => {
  test('ten refusals for too many requests are one, however they are settled', async () => {
    const requestedAt = await readClock()
    await Promise.all(Array.from({ length: 10 }, () => settle(throttled, requestedAt)))
    await settle(throttled, requestedAt)

    const pause = await loadPause()
    expect(pause?.throttles).toBe(1)
    expect(pause?.seconds).toBeLessThan(3)
  })

  test('failures count up to the pause that they bring', async () => {
    const requestedAt = await readClock()
    await Promise.all(Array.from({ length: 20 }, () => settle(unusable, requestedAt)))

    const pause = await loadPause()
    expect(pause?.failures).toBe(5)
    expect(pause?.seconds).toBeLessThan(2)
  })

  test('what is asked after the pause, and refused again, makes the next one longer', async () => {
    await settle(throttled, await readClock())
    await query(landfall.db, `update landfall.budget set blocked_until = now() - interval '1 second'`)
    await settle(throttled, await readClock())

    expect(await loadPause()).toMatchObject({ throttles: 2 })
    expect((await loadPause())?.seconds).toBeGreaterThan(3.5)
  })
})

describe('answers that come late', () => {
  const events = async () =>
    (await query<{ type: string }>(landfall.db, 'select type from reporting.events order by sequence')).map(
      ({ type }) => type,
    )

  test('a good answer to what was asked before the key was refused does not bring it back', async () => {
    const before = await readClock(0)
    await settle(refused, await readClock())
    await settle(good, before)

    expect(await events()).toEqual(['account.suspended'])
    await settle(good, await readClock())
    expect(await events()).toEqual(['account.suspended', 'account.resumed'])
  })

  test('a refusal of what was asked before the key worked again does not suspend it anew', async () => {
    await settle(refused, await readClock())
    const before = await readClock(0)
    await settle(good, await readClock())
    await settle(refused, before)

    expect(await events()).toEqual(['account.suspended', 'account.resumed'])
  })
})

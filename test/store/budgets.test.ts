import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { blockBudget, countTokens, spendToken } from '../../src/store/budgets.ts'
import { createTestAccount, query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  world = await createTestAccount()
})
afterEach(() => world.close())

const rate = { requestsPerSecond: 20, burst: 5 }
const spend = () => spendToken(world.db, 'acme', 'get', rate)

describe('an account never spends more than its budget', () => {
  test('over any window, with many spenders at once', async () => {
    const granted: number[] = []
    const end = Date.now() + 2_000
    const spender = async () => {
      while (Date.now() < end) {
        const spending = await spend()
        if (spending.kind === 'granted') granted.push(spending.at.getTime())
      }
    }
    await Promise.all(Array.from({ length: 12 }, spender))

    granted.sort((a, b) => a - b)
    for (const [i, from] of granted.entries()) {
      for (const [offset, to] of granted.slice(i).entries()) {
        // Times have whole milliseconds: two of them may each be one short.
        expect(offset + 1).toBeLessThanOrEqual(rate.burst + (rate.requestsPerSecond * (to - from + 2)) / 1000)
      }
    }
    // Far less than the 45 that are there, since a busy machine may hold the spenders up.
    expect(granted.length).toBeGreaterThan(rate.burst + 10)
  })

  test('a full bucket gives its burst and then refuses', async () => {
    const slow = { requestsPerSecond: 0.01, burst: 5 }
    const asked = Array.from({ length: 8 }, () => spendToken(world.db, 'acme', 'get', slow))
    const granted = (await Promise.all(asked)).filter((one) => one.kind === 'granted')

    expect(granted).toHaveLength(5)
  })

  test('nobody is granted anything while the account is blocked, and the bucket is empty afterwards', async () => {
    await blockBudget(world.db, 'acme', 300, rate)

    expect(await spend()).toEqual({ kind: 'refused' })
    expect(await countTokens(world.db, 'acme', rate)).toBe(0)
    await waitFor(async () => (await spend()).kind === 'granted', { what: 'the block to end' })
    expect(await countTokens(world.db, 'acme', rate)).toBeLessThanOrEqual(1)
  })

  test('a clock set back by an hour does not silence the account', async () => {
    await query(world.db, `update landfall.budget set full_at = now() + interval '1 hour'`)

    expect(await spend()).toMatchObject({ kind: 'granted' })
    expect(await countTokens(world.db, 'acme', rate)).toBeGreaterThanOrEqual(3)
  })

  test('what was spent is counted by hour and kind', async () => {
    await spend()
    await spendToken(world.db, 'acme', 'list', rate)

    const rows = await query(world.db, 'select list_requests, get_requests from reporting.api_usage_hourly')
    expect(rows).toEqual([{ list_requests: 1, get_requests: 1 }])
  })
})

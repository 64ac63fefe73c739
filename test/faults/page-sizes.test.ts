import { describe, expect, test } from 'vitest'

import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import { type After, createWorld, STILL_LIVES, startTestDaemon, waitForTruth } from '../support/world.ts'

async function startWorld(after: After, options: SimulatorOptions, pageSize: number) {
  const world = await createWorld(after, {
    simulator: { ...STILL_LIVES, migrations: 120, maxPageSize: 1_000, ...options },
    account: { pageSize, sweepEveryMs: 2_000 },
  })
  await startTestDaemon(after, world.config)
  return world
}

const SWEEP = `select completed from landfall.walk where kind = 'sweep'`

describe.concurrent('a provider that refuses large pages', () => {
  test('is asked for smaller ones, until it has told of every migration', async ({
    onTestFinished: after,
  }) => {
    const { db, simulator } = await startWorld(after, { refusedPageSize: 30 }, 100)
    await waitForTruth(db, () => simulator.truth())

    const [account] = await query(db, 'select page_size from landfall.account')
    expect(account).toEqual({ page_size: 25 })
    // 100 and 50, once each for a walk at most.
    expect(simulator.counts().statusCodes[400]).toBeLessThanOrEqual(4)
    expect(await query(db, 'select errors from reporting.api_usage_hourly where errors > 0')).toEqual([])
  }, 180_000)

  test('from now on, and took them before, has walks that are under way begin anew', async ({
    onTestFinished: after,
  }) => {
    const { db, simulator } = await startWorld(after, { latencyMs: 100 }, 20)
    await waitForTruth(db, () => simulator.truth())
    const inTheMiddle = `select 1 from landfall.walk where kind = 'sweep' and (walk -> 'page')::int = 3`
    const stands = async () => (await query(db, inTheMiddle)).length > 0
    await waitFor(stands, { what: 'a sweep that is in the middle', timeoutMs: 20_000 })
    simulator.setRefusedPageSize(10)
    const [{ completed } = { completed: 0 }] = await query<{ completed: number }>(db, SWEEP)

    const isThrough = async () => {
      const [sweep] = await query<{ completed: number }>(db, SWEEP)
      return (sweep?.completed ?? 0) > completed
    }
    await waitFor(isThrough, { what: 'a whole sweep with smaller pages', timeoutMs: 40_000 })
    expect(await query(db, 'select page_size from landfall.account')).toEqual([{ page_size: 10 }])
  }, 90_000)

  test('and small ones too, for a while, is asked for the configured size again', async ({
    onTestFinished: after,
  }) => {
    const { db, simulator } = await startWorld(after, { refusedPageSize: 5 }, 20)
    const refused = async () => (simulator.counts().statusCodes[400] ?? 0) >= 3
    await waitFor(refused, { what: 'refusals of every size', timeoutMs: 20_000 })
    simulator.setRefusedPageSize(null)

    await waitForTruth(db, () => simulator.truth())
    const asks = async () => (await query(db, `${SWEEP} and page_size = 20`)).length > 0
    await waitFor(asks, { what: 'a sweep with pages as configured', timeoutMs: 20_000 })
  }, 90_000)

  test('quietly, by giving less, is asked for what it gives, and costs no row and no request', async ({
    onTestFinished: after,
  }) => {
    const { db, simulator } = await startWorld(after, { maxPageSize: 7 }, 100)
    await waitForTruth(db, () => simulator.truth())
    expect(simulator.counts().statusCodes[400]).toBeUndefined()
    const learned = async () =>
      (await query(db, 'select 1 from landfall.account where page_size = 7')).length > 0
    await waitFor(learned, { what: 'the size that it gives', timeoutMs: 20_000 })
  }, 180_000)
})

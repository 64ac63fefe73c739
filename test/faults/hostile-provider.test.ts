import { expect, test } from 'vitest'

import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createWorldOf,
  expectPromisesKept,
  type SimulatedAccount,
  shareEnded,
  startAccount,
  startTestDaemon,
  waitForTruth,
} from '../support/world.ts'

type Faults = NonNullable<SimulatorOptions['faults']>

const STALE_MS = 1_500

/** Each fault the simulator knows, alone, on the account of its name; and all of them on one. */
const faults: Record<string, Faults> = {
  refused_401: { '401': 0.4 },
  refused_403: { '403': 0.4 },
  missing: { '404': 0.6 },
  throttled: { '429': 0.3 },
  throttled_until: { '429_retry_after': 0.3 },
  ill: { '5xx': 0.7 },
  hanging: { hang: 0.4 },
  resetting: { reset: 0.7 },
  html: { html: 0.7 },
  truncated: { truncated: 0.7 },
  wrong_types: { wrong_types: 0.7 },
  slow_body: { slow_body: 0.3 },
  huge_body: { huge_body: 0.3 },
  redirecting: { redirect: 0.7 },
  gzip_garbage: { gzip_garbage: 0.7 },
  stale_list: { stale_list: 0.7 },
  empty_page: { empty_page: 0.5 },
  duplicate_rows: { duplicate_rows: 0.7 },
  mixed: {
    '401': 0.02,
    '403': 0.02,
    '404': 0.05,
    '429': 0.03,
    '429_retry_after': 0.03,
    '5xx': 0.05,
    hang: 0.02,
    reset: 0.05,
    html: 0.05,
    truncated: 0.05,
    wrong_types: 0.1,
    slow_body: 0.02,
    redirect: 0.05,
    gzip_garbage: 0.05,
    stale_list: 0.1,
    empty_page: 0.05,
    duplicate_rows: 0.05,
  },
}

test('whatever a provider does to its answers: no false transition, and the truth once it is well', async ({
  onTestFinished: after,
}) => {
  const small = { migrations: 25, history: 8, arrivalS: 300, staleMs: STALE_MS, hugeBodyBytes: 20_000_000 }
  const budget = { requestsPerSecond: 8, burst: 8, pageSize: 10 }
  // They are ill from the first request on, and so through the baseline.
  const start = ([name, mix]: [string, Faults], index: number) =>
    startAccount(after, name, { ...small, seed: 100 + index, faults: mix }, budget)
  const accounts = await Promise.all(Object.entries(faults).map(start))
  const world = await createWorldOf(after, accounts)
  const { db } = world
  await startTestDaemon(after, world.config)
  const truth = () => accounts.flatMap(({ simulator }) => simulator.truth())
  // Every refusal suspends its account for half a minute; here its key is tried again at once.
  const hurry = () => query(db, `update landfall.account set probe_at = now() where state = 'suspended'`)

  const areStruck = async () => (await hurry()) && findSpared(accounts)
  await waitFor(areStruck, { what: 'faults on every account', timeoutMs: 40_000 })
  await waitFor(() => shareEnded(truth()) > 0.6, { what: 'lives to end', timeoutMs: 30_000 })
  for (const { simulator } of accounts) simulator.setFaults({})
  const areOver = async () => (await hurry()) && shareEnded(truth()) > 0.9
  await waitFor(areOver, { what: 'most lives to end', timeoutMs: 30_000 })
  for (const { simulator } of accounts) simulator.freeze()
  await hurry()

  await waitForTruth(db, truth)
  const { repeated } = await expectPromisesKept(world, truth(), STALE_MS)
  expect(repeated).toBe(0)
}, 180_000)

/** Throws while faults have not struck some of them. */
function findSpared(accounts: readonly SimulatedAccount[]): true {
  const spared = accounts.filter(({ simulator }) => {
    const struck = Object.values(simulator.counts().faults).reduce((sum, n) => sum + n, 0)
    return struck < 2
  })
  if (spared.length > 0) throw new Error(`faults have spared ${spared.map(({ name }) => name).join(', ')}`)
  return true
}

import { expect, test } from 'vitest'

import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/server.ts'
import { query } from '../support/account.ts'
import { testAccount } from '../support/daemon.ts'
import { countDifferences } from '../support/truth.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createWorld,
  expectPromisesKept,
  QUICK_LIVES,
  shareEnded,
  startSimulator,
  startTestDaemon,
  waitForTruth,
} from '../support/world.ts'

type Faults = NonNullable<SimulatorOptions['faults']>

const STALE_MS = 1_500
const small: SimulatorOptions = {
  ...QUICK_LIVES,
  migrations: 25,
  history: 8,
  arrivalS: 300,
  staleMs: STALE_MS,
  hugeBodyBytes: 40 * 1024 * 1024,
}

/** Each fault the simulator knows, alone, on the account of its name. */
const alone: Record<string, Faults> = {
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
  huge_body: { huge_body: 0.1 },
  redirecting: { redirect: 0.7 },
  garbage: { gzip_garbage: 0.7 },
  stale: { stale_list: 0.7 },
  empty: { empty_page: 0.5 },
  doubled: { duplicate_rows: 0.7 },
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

test('whatever a provider does to its answers: no false transition, and the truth once it is well', async () => {
  const names = Object.keys(alone)
  const simulators = new Map<string, Simulator>()
  const accounts = []
  for (const [index, name] of names.entries()) {
    // They are ill from the first request on, and so in the baseline.
    const { simulator, url } = await startSimulator({ ...small, seed: 100 + index, faults: alone[name] ?? {} })
    simulators.set(name, simulator)
    const budget = { requestsPerSecond: 8, burst: 8, pageSize: 10 }
    accounts.push(testAccount(url, { name, ...budget }))
  }
  const world = await createWorld({ simulator: { migrations: 0, history: 0 } })
  await startTestDaemon({ ...world.config, accounts })
  const truth = () => [...simulators.values()].flatMap((simulator) => simulator.truth())
  const struck = (name: string) =>
    Object.values(simulators.get(name)?.counts().faults ?? {}).reduce((sum, n) => sum + n, 0)

  // Every refusal suspends its account for half a minute; here its key is tried again at once.
  const hurry = () => query(world.db, `update landfall.account set probe_at = now() where state = 'suspended'`)
  const spared = () => names.filter((name) => struck(name) < 3)
  await waitFor(async () => (await hurry(), spared().length === 0 || Promise.reject(new Error(`not yet: ${spared()}`))), {
    what: 'faults to strike every account',
    timeoutMs: 40_000,
  })
  console.log('struck', performance.now())
  await waitFor(async () => (await hurry()) && shareEnded(truth()) > 0.6, { what: 'most lives to end', timeoutMs: 30_000 })
  for (const simulator of simulators.values()) simulator.setFaults({})
  const wellAt = performance.now()
  console.log(wellAt, names.map(n => n + ' ' + JSON.stringify(simulators.get(n)?.counts())).join('\n'));
  await waitFor(async () => (await hurry()) && shareEnded(truth()) > 0.95, { what: 'lives to end', timeoutMs: 30_000 })
  for (const simulator of simulators.values()) simulator.freeze()
  await hurry()

  await waitForTruth(world.db, truth, 60_000)
  console.log('truth after', performance.now() - wellAt)
  const { repeated } = await expectPromisesKept(world, truth(), STALE_MS)
  expect(repeated).toBe(0)
  expect(await countDifferences(world.db, truth())).toBe(0)
}, 120_000)

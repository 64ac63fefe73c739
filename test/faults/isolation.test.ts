import { expect, test } from 'vitest'

import type { Db } from '../../src/store/db.ts'
import { query } from '../support/account.ts'
import { testAccount } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, startSimulator, startTestDaemon } from '../support/world.ts'

test('accounts whose providers hang keep no other account waiting', async () => {
  const still = { migrations: 100, aliveShare: 1, history: 0, speed: 0.001 }
  const start = async (name: string) => {
    const { simulator, url } = await startSimulator(still)
    return { name, simulator, config: testAccount(url, { name, requestsPerSecond: 20, burst: 20 }) }
  }
  const well = await start('well')
  const sick = await Promise.all(['sick-1', 'sick-2', 'sick-3', 'sick-4'].map(start))
  const all = [well, ...sick]
  const { db, config } = await createWorld({ simulator: { migrations: 0, history: 0 } })
  await startTestDaemon({ ...config, accounts: all.map((one) => one.config) })
  const polls = (one: typeof well) => one.simulator.counts().kinds['get'] ?? 0
  await waitFor(() => all.every((one) => polls(one) > 5), { what: 'polls everywhere', timeoutMs: 20_000 })

  for (const { simulator } of sick) simulator.setFaults({ hang: 1 })
  const fromMs = performance.now()
  let longestMs = 0
  while (performance.now() - fromMs < 9_000) {
    const before = polls(well)
    const askedMs = performance.now()
    await waitFor(async () => (await makeDue(db)) && polls(well) > before, { what: 'a poll', timeoutMs: 15_000 })
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
  const hung = sick.map(({ simulator }) => Object.values(simulator.counts().faults).reduce((a, b) => a + b, 0))

  expect(Math.min(...hung)).toBeGreaterThan(10)
  expect(longestMs).toBeLessThan(3_000)
  // What still hangs need not be waited for.
  for (const { simulator } of sick) await simulator.stop()
}, 60_000)

/** Every account has more to ask than its budget allows. */
function makeDue(db: Db) {
  return query(db, 'update landfall.migration set next_poll_at = now() where next_poll_at > now()')
}

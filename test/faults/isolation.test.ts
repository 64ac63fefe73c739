import { expect, test } from 'vitest'

import { waitFor } from '../support/wait-for.ts'
import {
  countPolls,
  createWorldOf,
  makeAllDue,
  STILL_LIVES,
  startAccount,
  startTestDaemon,
} from '../support/world.ts'

test('accounts whose providers hang keep no other account waiting', async ({ onTestFinished: after }) => {
  const start = (name: string) => startAccount(after, name, STILL_LIVES, { requestsPerSecond: 20, burst: 20 })
  const well = await start('well')
  const sick = await Promise.all(['sick-1', 'sick-2', 'sick-3', 'sick-4'].map(start))
  const all = [well, ...sick]
  const { db, config } = await createWorldOf(after, all)
  await startTestDaemon(after, config)
  const arePolled = async () => (await makeAllDue(db)) && all.every((one) => countPolls(one) > 5)
  await waitFor(arePolled, { what: 'polls everywhere', timeoutMs: 30_000 })

  for (const { simulator } of sick) simulator.setFaults({ hang: 1 })
  const fromMs = performance.now()
  let longestMs = 0
  while (performance.now() - fromMs < 4_000) {
    const before = countPolls(well)
    const askedMs = performance.now()
    const isPolled = async () => (await makeAllDue(db)) && countPolls(well) > before
    await waitFor(isPolled, { what: 'a poll of the healthy account', timeoutMs: 20_000 })
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }

  for (const { simulator } of sick) {
    const { faults } = simulator.counts()
    expect(Object.values(faults).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(10)
  }
  // It would be the ten seconds or more that the others hang.
  expect(longestMs).toBeLessThan(5_000)
  for (const { simulator } of sick) await simulator.stop()
}, 180_000)

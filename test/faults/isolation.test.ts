import { expect, test } from 'vitest'

import { testAccount } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, startSimulator, startTestDaemon } from '../support/world.ts'

test('an account whose provider hangs keeps no other account waiting', async () => {
  const still = { migrations: 200, aliveShare: 1, history: 0, speed: 0.001 }
  const sick = await startSimulator({ ...still, seed: 1 })
  const well = await startSimulator({ ...still, seed: 2 })
  const world = await createWorld({ simulator: { migrations: 0, history: 0 } })
  const accounts = [
    testAccount(sick.url, { name: 'sick' }),
    testAccount(well.url, { name: 'well', requestsPerSecond: 20, burst: 20 }),
  ]
  await startTestDaemon({ ...world.config, accounts })
  const gets = (one: typeof sick) => one.simulator.requests().filter(({ kind }) => kind === 'get')
  await waitFor(() => gets(well).length > 40 && gets(sick).length > 40, { what: 'polls', timeoutMs: 20_000 })

  sick.simulator.setFaults({ hang: 1 })
  const from = Date.now()
  await waitFor(() => Date.now() - from > 25_000, { what: 'x', timeoutMs: 30_000 })
  const times = well.simulator.requests().map(({ at }) => at).filter((at) => at > from)
  const hist = Array.from({ length: 25 }, (_, i) => times.filter((at) => at >= from + i * 1000 && at < from + i * 1000 + 1000).length)
  const st = sick.simulator.requests().map(({ at }) => at).filter((at) => at > from)
  const shist = Array.from({ length: 25 }, (_, i) => st.filter((at) => at >= from + i * 1000 && at < from + i * 1000 + 1000).length)
  console.log(hist.join(' '), '|', shist.join(' '))
  expect(hist.slice(0, -1).filter((n) => n === 0).length).toBeLessThan(2)
}, 60_000)

import { expect, onTestFinished, test } from 'vitest'
import { createVernSimulator } from '../src/simulator/vern/server.ts'
import type { Db } from '../src/store/db.ts'
import { query } from './support/account.ts'
import { API_KEY, testAccount } from './support/daemon.ts'
import { expectTrueTransitions } from './support/truth.ts'
import { tellOfVern } from './support/vern.ts'
import { waitFor } from './support/wait-for.ts'
import { createWorldOf, shareEnded, startAccount, startTestDaemon } from './support/world.ts'

const SPEED = 100
const VERN = {
  migrations: 200,
  arrivalS: 0,
  peopleS: 120,
  typicalPhaseS: 240,
  speed: SPEED,
  failedShare: 0.1,
}
const ANON = { migrations: 300, history: 0, aliveShare: 1, typicalLifeS: 600, speed: SPEED }
const ENDS = ['completed', 'failed', 'canceled']

const lags = (db: Db, account: string) =>
  query<{ mean: number; n: number }>(
    db,
    `select avg(extract(epoch from not_after - not_before))::float8 as mean, count(*)::int as n
     from reporting.transitions where account = $1 and seq > 1`,
    [account],
  )

test('two hundred migrations at Vern and three hundred at Anon are tracked beside one another, each on its own budget', async () => {
  const simulator = createVernSimulator({ apiKey: API_KEY, ...VERN })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()
  const budget = { requestsPerSecond: 40, burst: 40 }
  const anon = await startAccount(onTestFinished, 'anon', ANON, { ...budget, pageSize: 100 })
  const vern = testAccount(`${url}/api/v1`, { name: 'vern', provider: 'vern', ...budget })
  const world = await createWorldOf(onTestFinished, [anon])
  const accounts = [...world.config.accounts, vern]
  const daemon = await startTestDaemon(onTestFinished, { ...world.config, accounts })
  await tellOfVern(world.db, simulator)
  expect(daemon.url).not.toBeNull()

  // Starved at times: Vern refuses everything for a while, then Anon does.
  await waitFor(() => (simulator.counts().kinds['get'] ?? 0) > 100, { what: 'readings of Vern' })
  simulator.setFaults({ '429_retry_after': 1 })
  const before = anon.simulator.counts().kinds
  await waitFor(() => sum(anon.simulator.counts().kinds) > sum(before) + 20, {
    what: 'Anon to be asked on while Vern refuses',
    timeoutMs: 30_000,
  })
  simulator.setFaults({})

  await waitFor(() => shareEnded(anon.simulator.truth()) > 0.5, {
    what: 'Anon’s half to end',
    timeoutMs: 90_000,
  })
  await waitFor(() => ended(simulator) > 0.3, { what: 'Vern’s third to end', timeoutMs: 90_000 })
  anon.simulator.freeze()
  simulator.freeze()
  const truths = { anon: anon.simulator.truth(), vern: simulator.truth() }
  for (const [account, truth] of Object.entries(truths)) {
    await waitFor(
      async () => {
        const rows = await query<{ migration_id: string; status: string }>(
          world.db,
          'select migration_id, status from landfall.migration where account = $1',
          [account],
        )
        const stored = new Map(rows.map((row) => [row.migration_id, row.status]))
        const wrong = truth.filter(({ id, status }) => stored.get(id) !== status)
        if (wrong.length > 0)
          throw new Error(`${wrong.length} of ${account} differ, such as ${JSON.stringify(wrong[0])}`)
        return rows.length === truth.length
      },
      { what: `all of ${account} to be as they truly are`, timeoutMs: 90_000 },
    )
  }
  await expectTrueTransitions(world.db, [...truths.anon, ...truths.vern])
  const [[ofAnon], [ofVern]] = [await lags(world.db, 'anon'), await lags(world.db, 'vern')]
  expect(ofAnon?.n).toBeGreaterThan(100)
  expect(ofVern?.n).toBeGreaterThan(100)
}, 240_000)

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, n) => all + n, 0)

function ended(simulator: ReturnType<typeof createVernSimulator>): number {
  const truth = simulator.truth()
  return truth.filter(({ status }) => ENDS.includes(status)).length / truth.length
}

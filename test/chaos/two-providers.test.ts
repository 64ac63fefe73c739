import { expect, type TestContext, test } from 'vitest'

import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { API_KEY, testAccount } from '../support/daemon.ts'
import { meanOf, trueLags } from '../support/truth.ts'
import { tellOfVern } from '../support/vern.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorldOf, startAccount, startTestDaemon } from '../support/world.ts'

type After = TestContext['onTestFinished']
type Name = 'anon' | 'vern'

const SECONDS = 60
const WARM_UP_S = 5
const SPEED = 30
const ANON = {
  migrations: 300,
  history: 0,
  aliveShare: 0.6,
  arrivalS: SPEED * SECONDS,
  typicalLifeS: 600,
  speed: SPEED,
}
const VERN = {
  migrations: 200,
  arrivalS: 0,
  peopleS: 180,
  typicalPhaseS: 300,
  questionShare: 0.5,
  speed: SPEED,
}
/** Spent to the last request, and too little: each migration in turn would take 30 s, or 20. */
const BUDGETS = {
  anon: { requestsPerSecond: 6, burst: 6, pageSize: 25, lagGoalMs: 0 },
  vern: { requestsPerSecond: 10, burst: 10, lagGoalMs: 0 },
}
/** When each refuses everything, in seconds from the start. */
const REFUSALS: Record<Name, readonly [number, number]> = { vern: [20, 24], anon: [36, 40] }

/** Seconds from each change to its reading, by account; the same lives each time. */
async function track(after: After, names: readonly Name[], seed: number): Promise<Map<Name, number[]>> {
  const anon = await startAccount(after, 'anon', { ...ANON, seed }, BUDGETS.anon)
  const vern = createVernSimulator({ apiKey: API_KEY, ...VERN, seed })
  after(() => vern.stop())
  const { url } = await vern.start()
  const vernAccount = testAccount(`${url}/api/v1`, { name: 'vern', provider: 'vern', ...BUDGETS.vern })
  const simulators = { anon: anon.simulator, vern }
  const world = await createWorldOf(after, [anon])
  const accounts = [anon.config, vernAccount].filter((one) => names.includes(one.name as Name))
  const daemon = await startTestDaemon(after, { ...world.config, accounts })
  if (names.includes('vern')) await tellOfVern(world.db, vern)

  const startMs = Date.now()
  const reach = (seconds: number) =>
    waitFor(() => Date.now() - startMs >= seconds * 1000, {
      what: `second ${seconds}`,
      timeoutMs: 2000 * SECONDS,
    })
  for (const name of ['vern', 'anon'] as const) {
    const [from, until] = REFUSALS[name]
    await reach(from)
    simulators[name].setFaults({ '429_retry_after': 1 })
    await reach(until)
    simulators[name].setFaults({})
  }
  await reach(SECONDS)
  await daemon.stop()
  const fromMs = startMs + 1000 * WARM_UP_S
  return new Map(
    await Promise.all(
      names.map(
        async (name) => [name, await trueLags(world.db, name, simulators[name].truth(), fromMs)] as const,
      ),
    ),
  )
}

function standardError(values: readonly number[]): number {
  const { mean } = meanOf(values)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares) / values.length
}

test('Anon and Vern in one daemon: neither makes the other’s lag a tenth longer, though both refuse at times', async ({
  onTestFinished,
}) => {
  const lags = { alone: { anon: [], vern: [] }, beside: { anon: [], vern: [] } } as Record<
    'alone' | 'beside',
    Record<Name, number[]>
  >
  for (const seed of [1, 2, 3])
    for (const names of [['anon'], ['anon', 'vern'], ['vern']] as const)
      for (const [name, values] of await track(onTestFinished, names, seed))
        lags[names.length === 1 ? 'alone' : 'beside'][name].push(...values)

  for (const name of ['anon', 'vern'] as const) {
    const alone = meanOf(lags.alone[name])
    const beside = meanOf(lags.beside[name])
    const ratio = beside.mean / alone.mean
    const error = Math.hypot(standardError(lags.alone[name]), standardError(lags.beside[name])) / alone.mean
    console.info({ name, alone, beside, ratio, error })
    expect(Math.min(alone.changes, beside.changes)).toBeGreaterThan(500)
    // Chance alone moves the ratio by some hundredths.
    expect(error).toBeLessThan(0.07)
    expect(ratio).toBeLessThan(1.1)
  }
})

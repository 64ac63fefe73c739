import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
import { createEnterableTempDir } from '../support/embedded.ts'
import { measureLag } from '../support/measure-lag.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, expectPromisesKept, openTestDb, shareEnded, waitForTruth } from '../support/world.ts'

const ROUNDS = 10

test('kill -9 of the embedded database, and of the daemon, loses nothing and doubles nothing', async ({
  onTestFinished: after,
}) => {
  const world = await createWorld(after, {
    simulator: { migrations: 200, history: 40, arrivalS: 1_200, typicalLifeS: 600, speed: 10 },
  })
  const { simulator, receiver } = world
  receiver.behave(() => ({ delayMs: 100 }))
  const dataDir = await createEnterableTempDir('landfall-chaos-')
  after(() => rm(dataDir, { recursive: true, force: true }))
  const config = { ...world.config, databaseUrl: null, dataDir }
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid')
  const fromMs = Date.now()
  const recoveries: number[] = []

  for (let round = 1; round <= ROUNDS; round += 1) {
    const daemon = startDaemonChild(config)
    after(daemon.kill)
    await daemon.ready
    const before = simulator.requests().length
    await waitFor(() => simulator.requests().length > before + 5, { what: 'requests', timeoutMs: 60_000 })
    process.kill(Number.parseInt(await readFile(pidFile, 'utf8'), 10), 'SIGKILL')
    // The requests that were under way may still arrive.
    const killedMs = Date.now()
    const goesOn = () => simulator.requests().some(({ at }) => at > killedMs + 1_000)
    await waitFor(goesOn, { what: 'requests after the database was killed', timeoutMs: 60_000 })
    recoveries.push(Date.now() - killedMs)
    const untilMs = Date.now() + Math.random() * 3_000
    await waitFor(() => Date.now() > untilMs, { what: 'the moment of the kill' })
    expect(daemon.isRunning(), daemon.errors()).toBe(true)
    await daemon.kill()
  }

  const last = startDaemonChild(config)
  after(last.kill)
  const { databaseUrl } = await last.ready
  const db = openTestDb(after, databaseUrl)
  await waitFor(() => shareEnded(simulator.truth()) > 0.8, { what: 'most ends', timeoutMs: 300_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), 120_000)
  const { repeated } = await expectPromisesKept({ db, receiver }, simulator.truth())
  console.log({
    rounds: ROUNDS,
    recoveries,
    calls: receiver.requests.length,
    repeated,
    lag: measureLag(world, simulator.truth(), fromMs),
  })
})

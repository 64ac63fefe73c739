import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { startDaemonChild } from '../support/daemon-child.ts'
import { createEnterableTempDir } from '../support/embedded.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, expectPromisesKept, openTestDb, shareEnded, waitForTruth } from '../support/world.ts'

const ROUNDS = 10

test('kill -9 of the embedded database, and of the daemon, loses nothing and doubles nothing', async ({
  onTestFinished,
}) => {
  const world = await createWorld(onTestFinished, {
    simulator: { migrations: 200, history: 40, arrivalS: 1_200, typicalLifeS: 600, speed: 20 },
  })
  const dataDir = await createEnterableTempDir('landfall-chaos-')
  const config = { ...world.config, databaseUrl: null, dataDir }
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid')
  const { simulator } = world

  for (let round = 1; round <= ROUNDS; round += 1) {
    const daemon = startDaemonChild(config)
    onTestFinished(daemon.kill)
    await daemon.ready
    const before = simulator.requests().length
    await waitFor(() => simulator.requests().length > before + 5, { what: 'requests', timeoutMs: 30_000 })
    const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10)
    process.kill(pid, 'SIGKILL')
    const dead = simulator.requests().length
    await waitFor(() => simulator.requests().length > dead + 10, {
      what: 'requests after the database was killed',
      timeoutMs: 60_000,
    })
    expect(daemon.isRunning()).toBe(true)
    await daemon.kill()
  }

  const last = startDaemonChild(config)
  onTestFinished(last.kill)
  const { databaseUrl } = await last.ready
  const db = openTestDb(onTestFinished, databaseUrl)
  await waitFor(() => shareEnded(simulator.truth()) > 0.8, { what: 'most ends', timeoutMs: 300_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), 120_000)
  const { repeated } = await expectPromisesKept({ db, receiver: world.receiver }, simulator.truth())
  console.log({ rounds: ROUNDS, calls: world.receiver.requests.length, repeated })
})

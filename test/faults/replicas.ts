import { expect } from 'vitest'

import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import { query } from '../support/account.ts'
import { type DaemonChild, startDaemonChild } from '../support/daemon-child.ts'
import { busiestWindow } from '../support/truth.ts'
import { waitFor } from '../support/wait-for.ts'
import { type After, createWorld, expectPromisesKept, type World, waitForTruth } from '../support/world.ts'

const BURST = 6
const REQUESTS_PER_SECOND = 6
const FROZEN_MS = 15_000

/** Three daemons on one empty database; one of them is frozen for a while. */
export async function proveReplicas(after: After, redisUrl: string | null): Promise<void> {
  const world = await createWorld(after, {
    // Long lives and a small budget: there is always more to ask than may be asked.
    simulator: { migrations: 250, arrivalS: 1_800, history: 40, typicalLifeS: 900 },
    account: { burst: BURST, requestsPerSecond: REQUESTS_PER_SECOND },
    redisUrl,
  })
  const { db, simulator } = world
  const daemons = Array.from({ length: 3 }, () => startDaemonChild(world.config))
  for (const daemon of daemons) after(daemon.kill)
  await Promise.all(daemons.map(({ ready }) => ready))
  expect((await query(db, 'select 1 from landfall.schema_change')).length).toBe(
    await countSchemaChanges(world),
  )
  const changes = 'select 1 from reporting.transitions where from_status is not null'
  await waitFor(async () => (await query(db, changes)).length > 20, {
    what: 'transitions',
    timeoutMs: 30_000,
  })

  await freezeOne(world, daemons)
  expect(daemons.map((daemon) => daemon.isRunning())).toEqual([true, true, true])

  simulator.freeze()
  await waitForTruth(db, () => simulator.truth())
  await expectPromisesKept(world, simulator.truth())
  const requests = simulator.requests()
  const busiest = busiestWindow(
    requests.map(({ at }) => at),
    10_000,
  )
  expect(busiest).toBeLessThanOrEqual(BURST + REQUESTS_PER_SECOND * 10 + 1)
  expect(countDoubles(requests, 200)).toBe(0)
}

/** One is frozen for longer than its leases last, and until the others have asked and recorded a good deal without it. */
async function freezeOne({ db, simulator }: World, [daemon]: readonly DaemonChild[]): Promise<void> {
  daemon?.signal('SIGSTOP')
  const fromMs = Date.now()
  const countRequests = () => simulator.requests().filter(({ at }) => at > fromMs + FROZEN_MS / 2).length
  const countRecorded = async () =>
    (await query(db, 'select 1 from landfall.transition where recorded_at > $1', [new Date(fromMs)])).length
  const goOn = async () =>
    Date.now() - fromMs > FROZEN_MS && countRequests() > 30 && (await countRecorded()) > 5
  await waitFor(goOn, { what: 'the others to go on', timeoutMs: 60_000 })
  daemon?.signal('SIGCONT')
}

/** How often one migration was asked for twice within so short a time. */
function countDoubles(requests: readonly LoggedRequest[], withinMs: number): number {
  const last = new Map<string, number>()
  let doubles = 0
  for (const { at, id } of requests) {
    if (id === undefined) continue
    if (at - (last.get(id) ?? Number.NEGATIVE_INFINITY) < withinMs) doubles += 1
    last.set(id, at)
  }
  return doubles
}

/** How many there are to apply. */
async function countSchemaChanges({ db }: World): Promise<number> {
  const rows = await query<{ hash: string }>(db, 'select distinct hash from landfall.schema_change')
  return rows.length
}

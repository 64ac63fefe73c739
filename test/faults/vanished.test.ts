import { expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  callsTo,
  countPolls,
  createWorld,
  expectPromisesKept,
  STILL_LIVES,
  startTestDaemon,
  waitForDeliveries,
} from '../support/world.ts'

interface Known extends Record<string, unknown> {
  migration_id: string
  misses: number
  lease_until: Date | null
  next_poll_at: Date
  vanished_at: Date | null
}

test('gone is what several answers in a row say, some time apart, and it is told once', async ({
  onTestFinished: after,
}) => {
  const world = await createWorld(after, {
    simulator: { ...STILL_LIVES, migrations: 20 },
    // Nobody but this test is to say when a migration is asked for.
    account: { sweepEveryMs: 3_600_000, policy: 'backoff' },
    hook: { events: EVENT_TYPES },
  })
  const { db, simulator, receiver } = world
  await startTestDaemon(after, world.config)
  await waitFor(() => countPolls(world) > 5, { what: 'polls', timeoutMs: 20_000 })
  const load = async (id: string) =>
    (await query<Known>(db, 'select * from landfall.migration where migration_id = $1', [id]))[0]
  const [gone = '', hiccup = ''] = simulator.truth().map(({ id }) => id)
  const askAgain = (id: string) =>
    query(db, 'update landfall.migration set next_poll_at = now() where migration_id = $1', [id])
  const missed = async (id: string, times: number) => {
    await askAgain(id)
    const misses = async () => (await load(id))?.misses === times
    await waitFor(misses, { what: `${times} misses in a row` })
  }

  // Everything seems gone, three times in a row, and comes back.
  simulator.setFaults({ '404': 1 })
  for (const times of [1, 2, 3]) await missed(hiccup, times)
  simulator.setFaults({})
  for (const id of [hiccup, gone]) await missed(id, 0)

  // Nobody but this test is to ask for it from now on.
  const putOff = async () => {
    await query(
      db,
      `update landfall.migration set next_poll_at = now() + interval '1 hour' where migration_id = $1`,
      [gone],
    )
    return (await load(gone))?.lease_until === null
  }
  await waitFor(putOff, { what: 'polls under way to end' })
  simulator.delete(gone)
  for (const times of [1, 2, 3]) {
    await missed(gone, times)
    const { vanished_at, next_poll_at } = (await load(gone)) ?? {}
    expect(vanished_at).toBeNull()
    expect(next_poll_at?.getTime()).toBeGreaterThan(Date.now() + ([0, 5, 25, 55][times] ?? 0) * 1_000)
  }
  await askAgain(gone)
  await waitFor(async () => (await load(gone))?.vanished_at, { what: 'it to count as gone' })
  await waitForDeliveries(db, 15_000)

  const told = callsTo(receiver).filter(({ type }) => type === 'migration.vanished')
  expect(told).toMatchObject([{ subject: gone, data: { migration_id: gone, not_after: null } }])
  const left = await query(db, 'select 1 from reporting.migrations where vanished_at is not null')
  expect(left).toHaveLength(1)
  const [{ status } = { status: '' }] = await query<{ status: string }>(
    db,
    'select status from reporting.migrations where migration_id = $1',
    [gone],
  )
  expect(['COMPLETE', 'FAILED', 'COMPLETED_WITH_FAILURES', 'LOGIN_ABANDONED']).not.toContain(status)
  await expectPromisesKept(world, simulator.truth())
}, 180_000)

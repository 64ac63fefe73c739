import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Provider } from '../../src/providers/provider.ts'
import { createProvider } from '../../src/providers/registry.ts'
import { createSimulator, type Simulator } from '../../src/simulator/server.ts'
import { inTransaction } from '../../src/store/db.ts'
import { claimDuePolls } from '../../src/store/polls.ts'
import { recordRun } from '../../src/store/runs.ts'
import { pollMigration } from '../../src/work/poll-migration.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'

let simulator: Simulator
let world: Awaited<ReturnType<typeof createTestAccount>>

beforeEach(async () => {
  simulator = createSimulator({
    history: 0,
    lives: [{ id: 'm1', createdS: -60, changes: [[-30, 'WORKING']] }],
  })
  const { url } = await simulator.start()
  const provider = createProvider('anon', { apiKey: 'key', baseUrl: url })
  world = await createTestAccount({ account: { provider } })
  await record(world.deps, world.account, [seen('m1', 'WORKING', 0)])
})
afterEach(async () => {
  await world.account.provider.close()
  await world.close()
  await simulator.stop()
})

/** One poll, as if its time had come. */
async function pollNow(account = world.account): Promise<void> {
  await query(world.db, 'update landfall.migration set next_poll_at = now() - interval $$1 s$$')
  const [claim] = await inTransaction(world.db, (tx) =>
    claimDuePolls(tx, 'acme', { urgent: false, limit: 1, atOnce: 10 }),
  )
  if (claim === undefined) throw new Error('nothing was due')
  await pollMigration(world.deps, account, claim, new AbortController().signal)
}

const row = async () =>
  (await query(world.db, 'select status, next_poll_at, vanished_at, polls from reporting.migrations'))[0]
const vanishedEvents = () =>
  query(world.db, `select payload from reporting.events where type = 'migration.vanished'`)

test('one 404 does not make a migration vanish; four in a row do, once', async () => {
  simulator.delete('m1')
  for (const _ of [1, 2, 3]) {
    await pollNow()
    expect(await row()).toMatchObject({ vanished_at: null, next_poll_at: expect.any(Date) })
  }

  await pollNow()
  await pollNow()

  expect(await row()).toMatchObject({ status: 'WORKING', vanished_at: expect.any(Date), next_poll_at: null })
  expect(await vanishedEvents()).toMatchObject([{ payload: { migration_id: 'm1', status: 'WORKING' } }])
})

test('a list that still shows a vanished migration brings it back no more than a get does', async () => {
  simulator.delete('m1')
  for (const _ of [1, 2, 3, 4]) await pollNow()

  const later = new Date(Date.now() + 1_000)
  const shown = { ...seen('m1', 'WORKING', 0, 'list'), requestedAt: later, receivedAt: new Date(+later + 1) }
  await record(world.deps, world.account, [shown])
  expect(await row()).toMatchObject({ vanished_at: expect.any(Date), next_poll_at: expect.any(Date) })
  await pollNow()

  expect(await row()).toMatchObject({ vanished_at: expect.any(Date), next_poll_at: null })
  expect(await vanishedEvents()).toHaveLength(1)
})

test('a claim that another process has taken over makes no request', async () => {
  await query(world.db, 'update landfall.migration set next_poll_at = now() - interval $$1 s$$')
  const [claim] = await inTransaction(world.db, (tx) =>
    claimDuePolls(tx, 'acme', { urgent: false, limit: 1, atOnce: 10 }),
  )
  if (claim === undefined) throw new Error('nothing was due')
  await query(world.db, 'update landfall.migration set claim = claim + 1')
  await pollMigration(world.deps, world.account, claim, new AbortController().signal)

  expect(simulator.requests()).toEqual([])
})

test('a reading of a run is followed by another where a new run has begun meanwhile', async () => {
  const m1 = { account: 'acme', migration_id: 'm1' }
  const { provider } = world.account
  await recordRun(world.db, m1, 'first')
  const get: Provider['get'] = async (...asked) => {
    await recordRun(world.db, m1, 'second')
    // As if the request had waited for a token.
    await query(world.db, "update landfall.migration set next_poll_at = next_poll_at - interval '1 minute'")
    return provider.get(...asked)
  }
  await pollNow({ ...world.account, provider: { ...provider, get } })
  const isDue = async () =>
    (await query(world.db, 'select urgent and next_poll_at <= now() as due from landfall.migration'))[0]
  expect(await isDue()).toEqual({ due: true })
  await pollNow()
  expect(await isDue()).toEqual({ due: false })
})

import { afterEach, beforeEach, expect, test } from 'vitest'

import { listEventsAfter } from '../../src/store/event-feed.ts'
import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>

beforeEach(async () => {
  landfall = await createTestAccount()
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
})
afterEach(() => landfall.close())

const discover = (id: string) => record(landfall.deps, landfall.account, [seen(id, 'WORKING', 0)])
const generation = async () =>
  (await query(landfall.db, 'select generation from landfall.feed'))[0]?.['generation']
const idsAfter = async (after: string | null) =>
  (await listEventsAfter(landfall.db, after, 100))?.map(({ id }) => id) ?? []

/** As a dump from a server that has counted further leaves them. */
const restoreFromBusierServer = () =>
  query(
    landfall.db,
    `update landfall.event set transaction = (transaction::text::numeric + 1000000000)::text::xid8`,
  )

test('after a restore into a server with a lower transaction counter, readers get every event, old ones first', async () => {
  for (const id of ['m1', 'm2']) await discover(id)
  await restoreFromBusierServer()
  await applySchemaChanges(landfall.url)
  const restored = await idsAfter(null)
  await discover('m3')
  const all = await query<{ id: string }>(landfall.db, 'select id from landfall.event')

  // Other tests' transactions on the same server may hold back the newest event for a moment.
  await waitFor(async () => (await idsAfter(null)).length === all.length, { what: 'all events' })
  const ids = await idsAfter(null)
  expect(ids.slice(0, restored.length)).toEqual(restored)
  expect(restored.length).toBeGreaterThan(1)
  expect(await idsAfter(restored.at(-1) ?? null)).toEqual(ids.slice(restored.length))
})

test('a start begins a new generation only after such a restore, and once', async () => {
  await discover('m1')
  await applySchemaChanges(landfall.url)
  expect(await generation()).toBe(1)

  await restoreFromBusierServer()
  await applySchemaChanges(landfall.url)
  await applySchemaChanges(landfall.url)
  expect(await generation()).toBe(2)
})

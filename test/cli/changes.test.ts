import { afterAll, beforeAll, expect, test } from 'vitest'

import { FIRST_CHANGE, listChanges, loadChangeCursor } from '../../src/store/changes.ts'
import { inTransaction } from '../../src/store/db.ts'
import { recordObservations } from '../../src/work/record-observations.ts'
import { createTestAccount, record, seen } from '../support/account.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>

beforeAll(async () => {
  world = await createTestAccount()
})
afterAll(() => world.close())

const ids = ({ changes }: Awaited<ReturnType<typeof listChanges>>) =>
  changes.map((change) => change.migration_id)
const see = (...observations: ReturnType<typeof seen>[]) => record(world.deps, world.account, observations)

test('each transition comes once, also one whose transaction began early and was committed late', async () => {
  const { db, deps, account } = world
  await see(seen('before', 'WORKING', 0))
  const start = await loadChangeCursor(db)

  let first = await listChanges(db, start)
  let second = first
  await inTransaction(db, async (tx) => {
    await recordObservations(deps, tx, account, [seen('slow', 'WORKING', 0)])
    await see(seen('quick', 'WORKING', 1))
    first = await listChanges(db, start)
    second = await listChanges(db, first.cursor)
  })
  const third = await listChanges(db, second.cursor)
  const fourth = await listChanges(db, third.cursor)

  expect([first, second, third, fourth].map(ids)).toEqual([['quick'], [], ['slow'], []])
})

test('what was recorded before anybody looked can be read from the beginning', async () => {
  await see(seen('early', 'WORKING', 0))
  // Only of the last minutes: whoever wants all of it reads the views.
  expect(
    ids(
      await listChanges(world.db, { ...(await loadChangeCursor(world.db)), snapshot: FIRST_CHANGE.snapshot }),
    ),
  ).toContain('early')
  expect(ids(await listChanges(world.db, FIRST_CHANGE))).toContain('early')
})

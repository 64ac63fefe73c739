import { afterEach, beforeEach, expect, test } from 'vitest'

import { followPhase } from '../../src/cli/vern/follow-phase.ts'
import type { Db } from '../../src/store/db.ts'
import { recordRun } from '../../src/store/runs.ts'
import { findMigrations } from '../../src/store/views/migrations.ts'
import { createTestAccount, log, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

const M1 = { account: 'acme', migration_id: 'm1' }

let world: Awaited<ReturnType<typeof createTestAccount>>
let notes: string[]
beforeEach(async () => {
  world = await createTestAccount()
  notes = []
  await record(world.deps, world.account, [seen('m1', 'PENDING_USER_INPUT', 0)])
})
afterEach(() => world.close())

async function follow(startedAt: string, signal: AbortSignal, patienceMs?: number, db: Db = world.db) {
  const { url } = world
  const [migration] = await findMigrations(db, 'm1', 'acme')
  if (migration === undefined) throw new Error('m1 is not known')
  const shell = { note: (text: string) => void notes.push(text) }
  const at = { db, databaseUrl: url, log, signal, migration, name: 'acme/m1' }
  return followPhase(shell, at, startedAt, patienceMs)
}

const read = (status: string, requestedAt = new Date()) =>
  record(world.deps, world.account, [{ ...seen('m1', status, 0), requestedAt, receivedAt: new Date() }])

test('a reading that was under way when the run began does not end the wait for it', async ({ signal }) => {
  const earlier = new Date()
  const startedAt = await recordRun(world.db, M1, 'run')
  await read('PENDING_USER_INPUT', earlier)
  const following = follow(startedAt, signal)
  await read('WORKING')
  await waitFor(() => notes.length > 0, { what: 'a status to be told' })
  await read('COMPLETE')
  expect(await following).toMatchObject({ status: 'COMPLETE' })
  expect(notes).toEqual(['acme/m1 is WORKING.', 'acme/m1 is COMPLETE.'])
})

test('what is recorded between two questions to the database does not make an old status the run’s', async ({
  signal,
}) => {
  const startedAt = await recordRun(world.db, M1, 'run')
  let rows = 0
  const db = Object.create(world.db) as Db
  db.execute = (async (query: Parameters<Db['execute']>[0]) => {
    const answer = await world.db.execute(query)
    // The first row is the migration that is to be followed; the next one is what was loaded of it.
    if (answer.rows.some((row) => row['migration_id'] === 'm1')) rows += 1
    if (rows === 2) {
      rows += 1
      await read('WORKING')
    }
    return answer
  }) as Db['execute']
  const following = follow(startedAt, signal, undefined, db)
  await waitFor(() => notes.length > 0, { what: 'a status to be told' })
  await read('COMPLETE')
  expect(await following).toMatchObject({ status: 'COMPLETE' })
  expect(notes).toEqual(['acme/m1 is WORKING.', 'acme/m1 is COMPLETE.'])
})

test('while somebody waits, it is read again and again', async ({ signal }) => {
  const startedAt = await recordRun(world.db, M1, 'run')
  const following = follow(startedAt, signal, 1)
  for (const _ of [1, 2, 3]) {
    const requestedAt = new Date()
    await read('WORKING', requestedAt)
    const isAsked = async () =>
      (
        await query(world.db, 'select from landfall.migration where urgent and next_poll_at > $1', [
          requestedAt,
        ])
      ).length > 0
    await waitFor(isAsked, { what: 'another reading to be asked for' })
  }
  await read('COMPLETE')
  await following
})

import { afterEach, beforeEach, expect, test } from 'vitest'

import { inTransaction } from '../../src/store/db.ts'
import { claimDuePolls } from '../../src/store/polls.ts'
import { requestPoll } from '../../src/store/request-poll.ts'
import { planRequests } from '../../src/work/plan-requests.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  world = await createTestAccount({ account: { policy: 'adaptive', lagGoalMs: 0 } })
  const { db } = world
  await query(db, 'update landfall.account set baseline_at = now()')
  await query(db, `update landfall.walk set due_at = now() + interval '1 hour'`)
})
afterEach(() => world.close())

const IDS = Array.from({ length: 20 }, (_, index) => `m${index}`)
const plan = () => planRequests(world.deps, world.account)
const see = () =>
  record(
    world.deps,
    world.account,
    IDS.map((id) => seen(id, 'WORKING', 0)),
  )

test('a request that is under way already is not counted twice', async () => {
  await see()
  await query(world.db, `update landfall.migration set lease_until = now() + interval '20 seconds'`)
  for (const _ of [1, 2, 3]) expect((await plan())?.polls).toEqual([])

  const seat = await inTransaction(world.db, (tx) => world.deps.seats.take(tx, world.account))
  // But the first page of the list, which nobody holds.
  expect(seat?.inFlight()).toBe(1)
})

test('what somebody asks for goes before what is worth most', async () => {
  await see()
  await requestPoll(world.db, { account: 'acme', migration_id: 'm7' })

  const [first] = (await plan())?.polls ?? []
  const [asked] = await query(
    world.db,
    `select claim, id::text as key from landfall.migration where migration_id = 'm7'`,
  )
  expect(first).toEqual(asked)
})

test('no more polls are under way than may be at once, also where all became due at the same moment', async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `m${index}`)
  await record(
    world.deps,
    world.account,
    ids.map((id) => seen(id, 'WORKING', 0)),
  )
  await query(world.db, `update landfall.migration set urgent = true, next_poll_at = now()`)
  for (const urgent of [true, true, true, true, true, false, false, false]) {
    await inTransaction(world.db, (tx) => claimDuePolls(tx, 'acme', { urgent, limit: 4, atOnce: 10 }))
    // Changed rows move behind others of the same moment, in the table and in its indexes.
    await query(world.db, `update landfall.migration set status_since = now() where lease_until > now()`)
  }
  const leased = await query(world.db, 'select id from landfall.migration where lease_until > now()')
  expect(leased).toHaveLength(10)
})

test('a flood of urgent polls leaves a share to everything else', async () => {
  await see()
  await query(
    world.db,
    `update landfall.migration set urgent = true, next_poll_at = now();
     update landfall.budget set full_at = clock_timestamp() + interval '0.9 s'`,
  )
  const planned = await plan()

  expect(planned?.polls.length).toBeGreaterThan(0)
  expect(planned?.pages).toEqual([0])
})

test('what asked and failed waits, however much it is worth', async () => {
  await see()
  await query(
    world.db,
    `update landfall.migration set failures = 1, urgent = true, next_poll_at = now() + interval '1 minute'`,
  )
  expect((await plan())?.polls).toEqual([])
})

test('a process that does not hold the planner gives nothing out, and says so', async () => {
  await see()
  await query(
    world.db,
    `insert into landfall.planner (account, holder, held_until) values ('acme', 'other', now() + interval '5 seconds')`,
  )
  expect(await plan()).toBeNull()
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { tellOverdue } from '../../src/work/tell-overdue.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'

const limits = { running: 3_600_000, pending: 600_000 }
const hook = { name: 'default', kind: 'webhook', events: [...EVENT_TYPES] }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount({ hooks: [hook] })
})
afterEach(() => landfall.close())

const see = (id: string, status: string, at: number) =>
  record(landfall.deps, landfall.account, [seen(id, status, at)])
const tell = () => tellOverdue(landfall.deps, landfall.account, limits)
/** Seconds of the test's own time, from which so much has passed by now. */
async function secondsAgo(seconds: number): Promise<number> {
  const base = seen('', '', 0).requestedAt.getTime()
  return (Date.now() - base) / 1000 - seconds
}
const overdueEvents = () =>
  query(
    landfall.db,
    `select migration_id, sequence, payload from reporting.events where type = 'migration.overdue' order by recorded_at`,
  )

test('a migration that stays in its phase for longer than the limit is told once', async () => {
  await see('late', 'WORKING', await secondsAgo(3_700))
  await see('young', 'WORKING', await secondsAgo(3_500))

  expect(await tell()).toBe(1)
  expect(await tell()).toBe(0)

  expect(await overdueEvents()).toMatchObject([{ migration_id: 'late', sequence: 2 }])
  const rows = await query(landfall.db, 'select migration_id, overdue from reporting.migrations order by 1')
  expect(rows).toEqual([
    { migration_id: 'late', overdue: true },
    { migration_id: 'young', overdue: false },
  ])
})

test('another status of the same phase does not begin another stay', async () => {
  await see('m1', 'NOT_READY', await secondsAgo(700))
  await see('m1', 'NOT_STARTED', await secondsAgo(100))

  expect(await tell()).toBe(1)
  await see('m1', 'NOT_READY', await secondsAgo(0))
  expect(await tell()).toBe(0)
})

test('a migration that leaves its phase and comes back may be overdue again', async () => {
  await see('m1', 'WORKING', await secondsAgo(9_000))
  expect(await tell()).toBe(1)
  await see('m1', 'PENDING_USER_INPUT', await secondsAgo(5_000))
  expect(await query(landfall.db, 'select overdue from reporting.migrations')).toEqual([{ overdue: false }])
  await see('m1', 'WORKING', await secondsAgo(4_000))

  expect(await tell()).toBe(1)
  expect(await overdueEvents()).toHaveLength(2)
})

test('what has ended, has vanished or has no limit is never overdue', async () => {
  await see('ended', 'COMPLETE', await secondsAgo(9_000))
  await see('waiting', 'PENDING_USER_INPUT', await secondsAgo(9_000))
  await see('gone', 'WORKING', await secondsAgo(9_000))
  await query(landfall.db, `update landfall.migration set vanished_at = now() where migration_id = 'gone'`)

  expect(await tell()).toBe(0)
})

test('the event says where the migration stands, since when, and the limit', async () => {
  await see('m1', 'NOT_STARTED', await secondsAgo(9_000))
  await see('m1', 'WORKING', await secondsAgo(8_000))
  await tell()

  const [event] = await overdueEvents()
  expect(event?.['payload']).toMatchObject({
    account: 'acme',
    provider: 'anon',
    migration_id: 'm1',
    status: 'WORKING',
    previous_status: 'NOT_STARTED',
    phase: 'running',
    created_at: '2026-03-04T09:15:02.118340Z',
    not_after: expect.stringMatching(/Z$/),
    overdue_after_seconds: 3_600,
  })
})

test('processes that look at the same moment tell once', async () => {
  for (let n = 0; n < 20; n++) await see(`m${n}`, 'WORKING', await secondsAgo(4_000))

  const told = await Promise.all(Array.from({ length: 6 }, tell))

  expect(told.reduce((sum, n) => sum + n)).toBe(20)
  expect(await overdueEvents()).toHaveLength(20)
})

describe('without a limit of its own, a phase lasts as long as is usual', () => {
  /** Migrations that have run for 1 s, 2 s, 3 s, …; each began when somebody was watching. */
  async function runThrough(count: number): Promise<void> {
    await query(landfall.db, `update landfall.account set baseline_at = '2000-01-01'`)
    const began = await secondsAgo(100_000)
    const ids = Array.from({ length: count }, (_, n) => ({ id: `ran-${n}`, seconds: n + 1 }))
    await record(
      landfall.deps,
      landfall.account,
      ids.map(({ id }) => seen(id, 'WORKING', began)),
    )
    const ends = ids.map(({ id, seconds }) => seen(id, 'COMPLETE', began + seconds))
    await record(landfall.deps, landfall.account, ends)
  }
  const usual = async () => (await query(landfall.db, 'select usual_stays from landfall.account'))[0]

  test('the 99th percentile of the account’s own stays, once 200 are known', async () => {
    await runThrough(300)
    await see('long', 'WORKING', await secondsAgo(299))
    await see('usual', 'WORKING', await secondsAgo(280))

    expect(await tellOverdue(landfall.deps, landfall.account, {})).toBe(1)

    const [event] = await overdueEvents()
    expect(event).toMatchObject({
      migration_id: 'long',
      payload: { overdue_after_seconds: expect.closeTo(297, 0) },
    })
  })

  test('nothing is told while fewer are known, nor of a phase that is never overdue', async () => {
    await runThrough(199)
    await see('long', 'WORKING', await secondsAgo(90_000))
    expect(await tellOverdue(landfall.deps, landfall.account, {})).toBe(0)
    expect(await usual()).toEqual({ usual_stays: {} })

    await query(
      landfall.db,
      `update landfall.account set usual_stays = '{"running": 100}', usual_stays_at = now()`,
    )
    expect(await tellOverdue(landfall.deps, landfall.account, { running: 'never' })).toBe(0)
    expect(await tellOverdue(landfall.deps, landfall.account, {})).toBe(1)
  })

  test('stays that began before anybody watched teach nothing', async () => {
    await runThrough(250)
    await query(landfall.db, 'update landfall.account set baseline_at = now()')
    await tellOverdue(landfall.deps, landfall.account, {})
    expect(await usual()).toEqual({ usual_stays: {} })
  })

  test('what is usual is learned anew after an hour', async () => {
    await tellOverdue(landfall.deps, landfall.account, {})
    await runThrough(250)
    await tellOverdue(landfall.deps, landfall.account, {})
    expect(await usual()).toEqual({ usual_stays: {} })

    await query(landfall.db, `update landfall.account set usual_stays_at = now() - interval '61 minutes'`)
    await tellOverdue(landfall.deps, landfall.account, {})
    expect(await usual()).toEqual({ usual_stays: { running: expect.closeTo(247.5, 0) } })
  })
})

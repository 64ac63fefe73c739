import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { completeBaseline } from '../../src/store/accounts.ts'
import { inTransaction } from '../../src/store/db.ts'
import { requestPoll } from '../../src/store/request-poll.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
const hook = { name: 'default', kind: 'webhook', events: [...TERMINAL_EVENT_TYPES] }

beforeAll(async () => {
  world = await createTestAccount({ hooks: [hook] })
})
afterAll(() => world.close())
beforeEach(async () => {
  await query(
    world.db,
    'truncate landfall.migration, landfall.transition, landfall.event, landfall.delivery cascade',
  )
  await setBaseline('now()')
})

const setBaseline = (moment: 'now()' | 'null') =>
  query(world.db, `update landfall.account set baseline_at = ${moment}`)
const see = (...observations: ReturnType<typeof seen>[]) => record(world.deps, world.account, observations)
const transitions = () =>
  query(
    world.db,
    'select from_status, to_status, seq, not_before, not_after from reporting.transitions order by migration_id, seq',
  )
const eventTypes = async (id = 'm1') =>
  (
    await query<{ type: string }>(
      world.db,
      'select type from reporting.events where migration_id = $1 order by sequence',
      [id],
    )
  ).map((row) => row.type)
const nextPoll = async () => (await query(world.db, 'select urgent, next_poll_at from landfall.migration'))[0]
const statusOf = async (id: string) =>
  (
    await query(
      world.db,
      'select status, phase, is_terminal, finished_at, transitions from reporting.migrations where migration_id = $1',
      [id],
    )
  )[0]

describe('transitions', () => {
  test('the first sight of a migration is its first transition, from nothing', async () => {
    await see(seen('m1', 'WORKING', 0))

    expect(await transitions()).toMatchObject([
      { seq: 1, from_status: null, to_status: 'WORKING', not_before: null },
    ])
    expect(await eventTypes()).toEqual(['migration.discovered'])
  })

  test('the moment of change lies between the last old reading and the first new one', async () => {
    await see(seen('m1', 'WORKING', 0))
    await see(seen('m1', 'WORKING', 10))
    await see(seen('m1', 'COMPLETE', 20))

    const [, change] = await transitions()
    expect(change).toMatchObject({ seq: 2, from_status: 'WORKING', to_status: 'COMPLETE' })
    expect(change?.['not_before']).toEqual(seen('m1', '', 10).requestedAt)
    expect(change?.['not_after']).toEqual(seen('m1', '', 20).receivedAt)
  })

  test('an unchanged status makes neither transition nor event', async () => {
    await see(seen('m1', 'WORKING', 0))
    const again = await see(seen('m1', 'WORKING', 10))

    expect(again.unchanged).toBe(1)
    expect(await transitions()).toHaveLength(1)
    expect(await eventTypes()).toHaveLength(1)
  })

  test('an older reading that arrives late changes nothing', async () => {
    await see(seen('m1', 'COMPLETE', 20))
    const late = await see(seen('m1', 'WORKING', 10))

    expect(late.stale).toBe(1)
    expect(await statusOf('m1')).toMatchObject({ status: 'COMPLETE', transitions: 1 })
  })

  test('a list row that would reopen a migration is confirmed, not believed', async () => {
    await see(seen('m1', 'WORKING', 0), seen('m2', 'WORKING', 0))
    await see(seen('m1', 'COMPLETE', 10))
    const doubtful = await see(seen('m1', 'WORKING', 20, 'list'))

    expect(doubtful.doubtful).toBe(1)
    expect(await statusOf('m1')).toMatchObject({ status: 'COMPLETE' })
    const due = await query(
      world.db,
      `select 1 from landfall.migration where migration_id = 'm1' and next_poll_at <= now()`,
    )
    expect(due).toHaveLength(1)
  })

  test('a list that has got stuck is doubted ever less often', async () => {
    await see(seen('m1', 'PENDING_USER_INPUT', 0))
    const waits: number[] = []
    for (const round of [1, 2, 3]) {
      await see(seen('m1', 'WORKING', round * 100, 'list'))
      // As if the get were made right now.
      await query(
        world.db,
        `update landfall.migration set requested_at = '2026-03-04', last_observed_at = '2026-03-04'`,
      )
      await see({ ...seen('m1', 'PENDING_USER_INPUT', 0), requestedAt: new Date(), receivedAt: new Date() })
      await query(
        world.db,
        `update landfall.migration set requested_at = '2026-03-04', last_observed_at = '2026-03-04'`,
      )
      await see(seen('m1', 'WORKING', round * 100 + 1, 'list'))
      const [row] = await query<{ wait: number }>(
        world.db,
        `select extract(epoch from next_poll_at - last_get_at)::float8 as wait from landfall.migration`,
      )
      waits.push(row?.wait ?? 0)
    }

    expect(waits).toEqual([10, 20, 40])
  })

  test('a get that shows a migration past its end is confirmed 10 s later, then believed and told', async () => {
    await see(seen('m1', 'COMPLETE', 10))
    // Its re-check, an hour later, is not due yet.
    await query(world.db, "update landfall.migration set next_poll_at = now() + interval '1 hour'")
    await see(seen('m1', 'WORKING', 20))
    expect(await statusOf('m1')).toMatchObject({ status: 'COMPLETE', transitions: 1 })
    expect(await nextPoll()).toEqual({ urgent: true, next_poll_at: seen('m1', '', 30).receivedAt })

    // Neither side is proved by a list, or by a get that comes too soon.
    await see(seen('m1', 'COMPLETE', 22, 'list'))
    await see(seen('m1', 'WORKING', 23, 'list'))
    const tooSoon = await see(seen('m1', 'WORKING', 24))
    expect(tooSoon.doubtful).toBe(1)
    expect(await nextPoll()).toEqual({ urgent: true, next_poll_at: seen('m1', '', 30).receivedAt })

    await see(seen('m1', 'WORKING', 30.1))
    expect(await eventTypes()).toEqual([
      'migration.discovered',
      'migration.completed',
      'migration.status_changed',
      'migration.reopened',
    ])
    expect(await statusOf('m1')).toMatchObject({ status: 'WORKING', finished_at: null })
    const [, change] = await transitions()
    expect(change?.['not_before']).toEqual(seen('m1', '', 10).requestedAt)
    expect(change?.['not_after']).toEqual(seen('m1', '', 30.1).receivedAt)
  })

  test.each(['WORKING', 'FAILED'])(
    'an answer that lags behind an end tells nothing, and the end once: %s',
    async (old) => {
      await see(seen('m1', 'WORKING', 0))
      await see(seen('m1', 'COMPLETE', 10))
      await see(seen('m1', old, 20))
      await see(seen('m1', 'COMPLETE', 31))
      await see(seen('m1', old, 40))
      // The second time it takes longer to be believed.
      await see(seen('m1', old, 51))
      await see(seen('m1', 'COMPLETE', 61))

      expect(await transitions()).toHaveLength(2)
      expect(await eventTypes()).toEqual([
        'migration.discovered',
        'migration.status_changed',
        'migration.completed',
      ])
      expect(await nextPoll()).toMatchObject({ urgent: true })
    },
  )

  test('an unknown status is stored as it is and polled on', async () => {
    await see(seen('m1', 'SLEEPING', 0))

    expect(await statusOf('m1')).toMatchObject({ status: 'SLEEPING', phase: 'unknown', is_terminal: false })
    expect(await eventTypes()).toEqual(['migration.discovered', 'migration.unknown_status'])
  })

  test("the provider's creation time keeps its microseconds", async () => {
    await see(seen('m1', 'WORKING', 0))

    const [row] = await query(
      world.db,
      `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as t from reporting.migrations`,
    )
    expect(row).toEqual({ t: '2026-03-04T09:15:02.118340' })
  })
})

describe('events', () => {
  test.each([
    ['COMPLETE', 'migration.completed'],
    ['COMPLETED_WITH_FAILURES', 'migration.completed_with_failures'],
    ['FAILED', 'migration.failed'],
    ['LOGIN_ABANDONED', 'migration.abandoned'],
  ])('reaching %s tells %s once, with one delivery', async (status, type) => {
    await see(seen('m1', 'WORKING', 0))
    await see(seen('m1', status, 10))
    await see(seen('m1', status, 20))
    await see(seen('m1', status, 30, 'list'))

    expect(await eventTypes()).toEqual(['migration.discovered', 'migration.status_changed', type])
    const deliveries = await query(world.db, 'select event_type, state from reporting.deliveries')
    expect(deliveries).toEqual([{ event_type: type, state: 'pending' }])
  })

  test('the payload says what the contract says', async () => {
    await see(seen('m1', 'WORKING', 0))
    await see(seen('m1', 'COMPLETE', 10))

    const [row] = await query(
      world.db,
      `select payload from reporting.events where type = 'migration.completed'`,
    )
    expect(row?.['payload']).toEqual({
      account: 'acme',
      provider: 'anon',
      migration_id: 'm1',
      status: 'COMPLETE',
      previous_status: 'WORKING',
      phase: 'succeeded',
      company_id: 'abc',
      created_by_user_id: 'u-7',
      created_at: '2026-03-04T09:15:02.118340Z',
      not_before: '2026-03-04T10:00:00.000Z',
      not_after: '2026-03-04T10:00:10.100Z',
      observed_via: 'get',
    })
  })

  test('ended before the baseline: recorded without a terminal event', async () => {
    await setBaseline('null')
    await see(seen('m1', 'COMPLETE', 0, 'list'))

    expect(await eventTypes()).toEqual(['migration.discovered'])
  })

  test('first seen as ended after the baseline: gets its terminal event', async () => {
    await see(seen('m1', 'FAILED', 0, 'list'))

    expect(await eventTypes()).toEqual(['migration.discovered', 'migration.failed'])
  })

  test('alive when the baseline met it, ended before the baseline was complete: gets its terminal event', async () => {
    await setBaseline('null')
    await see(seen('m1', 'WORKING', 0, 'list'))
    await see(seen('m1', 'COMPLETE', 10, 'list'))

    expect(await eventTypes()).toContain('migration.completed')
  })
})

test.each(['get', 'list'] as const)('what was asked for while a %s was under way stays due', async (via) => {
  await see(seen('m1', 'WORKING', 0))
  const requestedAt = new Date()
  await requestPoll(world.db, { account: 'acme', migration_id: 'm1' })
  const isDue = async () =>
    (await query(world.db, 'select urgent and next_poll_at <= now() as due from landfall.migration'))[0]

  await see({ ...seen('m1', 'WORKING', 0, via), requestedAt, receivedAt: new Date() })
  expect(await isDue()).toEqual({ due: true })
  await see({ ...seen('m1', 'WORKING', 0), requestedAt: new Date(), receivedAt: new Date() })
  expect(await isDue()).toEqual({ due: false })
})

test('many processes that see the same change at once record it once', async () => {
  const ids = Array.from({ length: 50 }, (_, i) => `m${i}`)
  const shuffled = () => [...ids].sort(() => Math.random() - 0.5)
  const wave = (status: string, at: number) =>
    Promise.all(
      Array.from({ length: 8 }, (_, i) => see(...shuffled().map((id) => seen(id, status, at + i / 100)))),
    )
  await wave('WORKING', 0)
  await wave('COMPLETE', 10)

  const [{ n } = { n: 0 }] = await query<{ n: number }>(
    world.db,
    'select count(*)::int as n from reporting.transitions',
  )
  expect(n).toBe(100)
  const doubles = await query(
    world.db,
    'select migration_id, type from reporting.events group by 1, 2 having count(*) > 1',
  )
  expect(doubles).toEqual([])
  const [{ terminal } = { terminal: 0 }] = await query<{ terminal: number }>(
    world.db,
    `select count(*)::int as terminal from reporting.events where type = 'migration.completed'`,
  )
  expect(terminal).toBe(50)
})

test('what ends while the baseline is being completed is told', async () => {
  await setBaseline('null')
  const { db, deps, account } = world
  const thisMoment = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const completing = inTransaction(db, async (tx) => {
    await completeBaseline(tx, account.name)
    begun.resolve()
    await thisMoment.promise
  })
  await begun.promise
  const recording = record(deps, account, [seen('late', 'COMPLETE', 0)])
  const waits = async () =>
    (
      await query(
        db,
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).length > 0
  await waitFor(waits, { what: 'the recording to wait' })
  thisMoment.resolve()
  await Promise.all([completing, recording])

  const told = await query(
    db,
    `select type from reporting.events where migration_id = 'late' and type = 'migration.completed'`,
  )
  expect(told).toHaveLength(1)
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type Db, inTransaction, type Tx } from '../../src/store/db.ts'
import { leaveAnswer, loadPlanner, takeAnswers } from '../../src/store/planners.ts'
import type { Account } from '../../src/work/account.ts'
import { explainReading } from '../../src/work/explain-reading.ts'
import { foretellLag } from '../../src/work/foretell-lag.ts'
import { createPlannerSeats, type PlannerSeats, type Seat } from '../../src/work/planner-seats.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
let account: Account
let db: Db
beforeEach(async () => {
  world = await createTestAccount({ account: { policy: 'adaptive', lagGoalMs: 0 } })
  ;({ account, db } = world)
})
afterEach(() => world.close())

const random = () => 0.5
const take = (seats: PlannerSeats) => inTransaction(db, (tx: Tx) => seats.take(tx, account))
/** As a tick does that comes to its good end. */
async function sit(seats: PlannerSeats): Promise<Seat | null> {
  const seat = await take(seats)
  seats.settle(account.name)
  return seat
}
const see = (...ids: string[]) =>
  record(
    world.deps,
    account,
    ids.map((id) => seen(id, 'WORKING', 0)),
  )
const row = (id: string) => ({ id, phase: 'running' as const, createdAtMs: null })
const leave = (id: string) =>
  leaveAnswer(db, account.name, { kind: 'get', atMs: Date.now(), id, row: row(id) })
const lapse = () => query(db, `update landfall.planner set held_until = now() - interval '1 second'`)

describe('a planner', () => {
  test('begins with every live migration', async () => {
    await see('a', 'b')
    await record(world.deps, account, [seen('over', 'COMPLETE', 5)])

    expect((await sit(createPlannerSeats('one', random)))?.planner.liveCount()).toBe(2)
  })

  test('takes in what any process has left, once', async () => {
    const seats = createPlannerSeats('one', random)
    await sit(seats)
    await leave('a')
    await leave('b')

    expect((await sit(seats))?.planner.liveCount()).toBe(2)
    expect(await inTransaction(db, (tx) => takeAnswers(tx, account.name))).toEqual([])
  })

  test('is held by one process at a time, and goes to another once that one is not heard of', async () => {
    const [one, two] = [createPlannerSeats('one', random), createPlannerSeats('two', random)]
    expect(await sit(one)).not.toBeNull()
    expect(await sit(two)).toBeNull()
    expect([one.has('acme'), two.has('acme')]).toEqual([true, false])

    await lapse()
    expect(await sit(two)).not.toBeNull()
    expect(await sit(one)).toBeNull()
    expect(one.has('acme')).toBe(false)
  })

  test('that another process had meanwhile begins anew from Postgres', async () => {
    const [one, two] = [createPlannerSeats('one', random), createPlannerSeats('two', random)]
    await sit(one)
    await lapse()
    await sit(two)
    await see('a')
    await leave('a')
    await sit(two)
    await lapse()

    expect((await sit(one))?.planner.liveCount()).toBe(1)
  })

  test('whose transaction never came to its end begins anew, and loses nothing that was left for it', async () => {
    const seats = createPlannerSeats('one', random)
    await sit(seats)
    await see('a')
    await leave('a')
    const failing = inTransaction(db, async (tx) => {
      await seats.take(tx, account)
      throw new Error('the connection broke')
    })
    await expect(failing).rejects.toThrow('broke')

    expect((await sit(seats))?.planner.liveCount()).toBe(1)
  })

  test('begins anew when the clock was set back', async () => {
    const seats = createPlannerSeats('one', random)
    const first = await sit(seats)
    expect((await sit(seats))?.planner).toBe(first?.planner)

    // The database's clock cannot be set here; to have been told a later time is the same.
    const ahead = await inTransaction(db, (tx) => seats.take(clockAhead(tx), account))
    seats.settle(account.name)
    expect((await sit(seats))?.planner).not.toBe(ahead?.planner)
  })

  test('counts the requests without an answer', async () => {
    const seats = createPlannerSeats('one', random)
    const seat = await sit(seats)
    seat?.noteSent([
      { kind: 'get', id: 'a' },
      { kind: 'list', page: 0 },
    ])
    expect((await sit(seats))?.inFlight()).toBe(2)

    await leave('a')
    await leaveAnswer(db, account.name, { kind: 'none', request: { kind: 'list', page: 0 }, waitMs: 0 })
    expect((await sit(seats))?.inFlight()).toBe(0)
  })

  test('saves what it learned, and can be asked by any process', async () => {
    await see('a', 'b')
    const seats = createPlannerSeats('one', random)
    await sit(seats)
    expect((await loadPlanner(db, 'acme'))?.config).toMatchObject({ requestsPerSecond: 100, lagGoalMs: 0 })
    expect(await foretellLag(db, 'acme', {})).toMatchObject({ live: 2 })
    expect((await foretellLag(db, 'acme', { requestsPerSecond: 7 }))?.config.requestsPerSecond).toBe(7)
    expect(await foretellLag(db, 'nobody', {})).toBeNull()
  })
})

/** The same transaction, an hour later by its clock. */
function clockAhead(tx: Tx): Tx {
  return new Proxy(tx, {
    get(target, name, receiver) {
      if (name !== 'execute') return Reflect.get(target, name, receiver)
      return async (statement: Parameters<Tx['execute']>[0]) => {
        const result = await target.execute(statement)
        for (const one of result.rows) if (typeof one['now_ms'] === 'number') one['now_ms'] += 3_000_000
        return result
      }
    },
  })
}

describe('why a migration is read next', () => {
  const explain = async (id: string) => (await explainReading(db, { account: 'acme', migration_id: id })).next
  const set = (change: string) => query(db, `update landfall.migration set ${change}`)

  test('it is worth it, by the planner that the daemon keeps', async () => {
    await see('a')
    await sit(createPlannerSeats('one', random))
    expect(await explain('a')).toMatchObject({
      kind: 'worth',
      explanation: { by: { kind: 'get' } },
      latest: expect.any(Date),
    })
  })

  test.each([
    ['asked', 'urgent = true, next_poll_at = now()'],
    ['doubted', 'urgent = true, doubted = true'],
    ['failed', 'urgent = true, failures = 2'],
    ['missing', 'urgent = true, misses = 1'],
  ])('%s', async (why, change) => {
    await see('a')
    await set(change)
    expect(await explain('a')).toMatchObject({ kind: 'due', why, at: expect.any(Date) })
  })

  test('it has ended and is read once more, or never again', async () => {
    await record(world.deps, account, [seen('over', 'FAILED', 0)])
    await set(`next_poll_at = now() + interval '1 hour'`)
    expect(await explain('over')).toMatchObject({ kind: 'due', why: 'recheck' })
    await set('next_poll_at = null')
    expect(await explain('over')).toEqual({ kind: 'never', why: 'ended' })
    await set('vanished_at = now()')
    expect(await explain('over')).toEqual({ kind: 'never', why: 'vanished' })
  })

  test.each(['backoff', 'fixed'])('a timer of its own, by policy %s', async (policy) => {
    await see('a')
    await query(db, 'update landfall.account set policy = $1', [policy])
    expect(await explain('a')).toMatchObject({ kind: 'due', why: policy })
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { createTestAccount, query, record, seen } from '../../support/account.ts'
import { forgetAll, play, registerBoth, steps } from './lives.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>

beforeAll(async () => {
  world = await createTestAccount()
  await registerBoth(world)
})
afterAll(() => world.close())
beforeEach(() => forgetAll(world))

type Known = {
  account: string
  migration_id: string
  seq: number
  to_status: string
  to_phase: string
  not_after: Date
}

const loadHistory = () =>
  query<Known>(
    world.db,
    `select account, migration_id, seq, to_status, to_phase, date_trunc('milliseconds', not_after) as not_after
     from reporting.transitions order by account, migration_id, seq`,
  )

/** The model: of each migration the transition with the highest number among those received by then. */
function knownAt(history: readonly Known[], at: Date): Known[] {
  const byMigration = Map.groupBy(history, (one) => `${one.account}/${one.migration_id}`)
  return [...byMigration.values()].flatMap((ones) => ones.findLast((one) => one.not_after <= at) ?? [])
}

const countsAt = async (at: Date | string) =>
  (await query(world.db, 'select account, status, phase, migrations::int from reporting.counts_at($1)', [at]))
    .map((row) => JSON.stringify(Object.values(row)))
    .sort()

function countKnown(known: readonly Known[]): string[] {
  const places = Map.groupBy(known, (one) => JSON.stringify([one.account, one.to_status, one.to_phase]))
  return [...places].map(([place, ones]) => JSON.stringify([...JSON.parse(place), ones.length])).sort()
}

const QUARTER_MS = 900_000
const DAY_MS = 86_400_000

/** Every moment at which something was received, the ones around it, and the edges of its quarter of an hour, day and month. */
function momentsOf(history: readonly Known[]): Date[] {
  const moments = history.flatMap(({ not_after }) => {
    const ms = not_after.getTime()
    return [
      ms - 1,
      ms,
      ms + 1,
      ms - (ms % QUARTER_MS),
      ms - (ms % QUARTER_MS) + QUARTER_MS - 1,
      ms - (ms % DAY_MS),
      Date.UTC(not_after.getUTCFullYear(), not_after.getUTCMonth()),
    ]
  })
  return [...new Set(moments)].map((ms) => new Date(ms))
}

describe('what was known at a moment', () => {
  test('is what a look through all transitions finds', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (life, picks) => {
        await forgetAll(world)
        await play(world, life, 1)
        const history = await loadHistory()
        const moments = momentsOf(history)
        for (let n = 0; n < 25 && moments.length > 0; n += 1) {
          const at = moments[(picks.next().value ?? 0) % moments.length] ?? new Date()
          const known = knownAt(history, at)
          expect(await countsAt(at), at.toISOString()).toEqual(countKnown(known))
          const one = history[(picks.next().value ?? 0) % history.length]
          if (one !== undefined) await expectStatusAt(one, at, known)
        }
      }),
      { numRuns: 25 },
    )
  })

  async function expectStatusAt({ account, migration_id }: Known, at: Date, known: readonly Known[]) {
    const rows = await query(world.db, 'select status, phase, seq from reporting.status_at($1, $2, $3)', [
      account,
      migration_id,
      at,
    ])
    expect(rows).toEqual(
      known
        .filter((other) => other.account === account && other.migration_id === migration_id)
        .map((other) => ({ status: other.to_status, phase: other.to_phase, seq: other.seq })),
    )
  }
})

const see = (status: string, at: number) => record(world.deps, world.account, [seen('m1', status, at)])
const statusAt = async (moment: string | null) =>
  (await query(world.db, `select status from reporting.status_at('acme', 'm1', $1)`, [moment]))[0]?.['status']

test('a status is known from the moment on at which it was received', async () => {
  await see('WORKING', 0)
  await see('COMPLETE', 20)

  expect(await statusAt('2026-03-04T10:00:00.099Z')).toBeUndefined()
  expect(await statusAt('2026-03-04T10:00:00.100Z')).toBe('WORKING')
  expect(await statusAt('2026-03-04T10:00:20.099Z')).toBe('WORKING')
  expect(await statusAt('2026-03-04T10:00:20.100Z')).toBe('COMPLETE')
})

test('before everything nothing is known, and at the end of time all of it', async () => {
  await see('WORKING', 0)

  expect(await countsAt('-infinity')).toEqual([])
  expect(await countsAt('infinity')).toEqual(['["acme","WORKING","running",1]'])
  expect(await statusAt('-infinity')).toBeUndefined()
  expect(await statusAt('infinity')).toBe('WORKING')
})

test('no moment gives no answer', async () => {
  await see('WORKING', 0)

  expect(await statusAt(null)).toBeUndefined()
  expect(await query(world.db, 'select * from reporting.counts_at(null)')).toEqual([])
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTestAccount, query, record, seen } from '../../support/account.ts'
import { forgetAll, play, registerBoth, steps } from './lives.ts'
import { KEPT_VIEWS, RAW_VIEWS, type RawView } from './raw-views.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>

beforeAll(async () => {
  world = await createTestAccount()
  await registerBoth(world)
})
afterAll(() => world.close())

const VIEWS = Object.keys(RAW_VIEWS) as RawView[]

async function expectSameAsRaw(): Promise<void> {
  for (const view of VIEWS) {
    const [kept, raw] = await Promise.all([read(KEPT_VIEWS[view]), read(RAW_VIEWS[view])])
    expect(kept, view).toEqual(raw)
  }
}

/** Rows in one order. */
async function read(text: string): Promise<string[]> {
  const rows = await query(world.db, text)
  return rows.map((row) => JSON.stringify(row)).sort()
}

describe('a rollup equals the view over all rows', () => {
  test('whatever was recorded, in whatever order, however it was folded', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (life) => {
        await forgetAll(world)
        await play(world, life, 1)
        await expectSameAsRaw()
        await query(world.db, 'select landfall.fold_rollups()')
        await expectSameAsRaw()
        await query(world.db, 'select landfall.rebuild_rollups()')
        await expectSameAsRaw()
      }),
      { numRuns: 25 },
    )
  })

  test('also while several processes record at once', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (life) => {
        await forgetAll(world)
        await play(world, life, 4)
        await expectSameAsRaw()
      }),
      { numRuns: 15 },
    )
  })

  test('after a recording that was rolled back', async () => {
    await forgetAll(world)
    await see('m1', 'WORKING', 0)
    await query(
      world.db,
      `do $$ begin
         update landfall.migration set phase = 'failed';
         perform landfall.fold_rollups();
         raise exception 'cut off';
       exception when raise_exception then null;
       end $$`,
    )
    await expectSameAsRaw()
  })

  test('after a migration was deleted by hand', async () => {
    await forgetAll(world)
    await see('m1', 'WORKING', 0)
    await query(world.db, 'truncate landfall.transition, landfall.event cascade')
    await query(world.db, 'delete from landfall.migration')
    await expectSameAsRaw()
  })
})

const see = (id: string, status: string, at: number) =>
  record(world.deps, world.account, [seen(id, status, at)])
const countDeltas = async () =>
  (await query<{ n: number }>(world.db, 'select count(*)::int as n from landfall.migration_delta'))[0]?.n

describe('recording', () => {
  test('folds by itself, so that deltas do not pile up', async () => {
    await forgetAll(world)
    for (let at = 0; at < 400; at += 1) await see('m1', at % 2 === 0 ? 'WORKING' : 'PENDING_USER_INPUT', at)

    expect(await countDeltas()).toBeLessThan(256)
    await expectSameAsRaw()
  })

  test('goes on while another process holds all counters', async () => {
    await forgetAll(world)
    await see('m1', 'WORKING', 0)
    const holder = await world.db.pool.connect()
    await holder.query('begin')
    await holder.query('select landfall.fold_rollups()')
    try {
      await query(world.db, 'select landfall.fold_rollups()')
      await see('m1', 'COMPLETE', 10)
      await expectSameAsRaw()
    } finally {
      await holder.query('commit')
      holder.release()
    }
    await expectSameAsRaw()
  })

  test('leaves no trace where nothing that is counted changed', async () => {
    await forgetAll(world)
    await see('m1', 'WORKING', 0)
    const before = await countDeltas()
    await see('m1', 'WORKING', 10)

    expect(await countDeltas()).toBe(before)
  })
})

import { describe, expect, test } from 'vitest'

import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, STILL_LIVES, startTestDaemon } from '../support/world.ts'

describe('a list', () => {
  test('that can be read to a depth only is swept to there both ways, and that is told', async ({
    onTestFinished: after,
  }) => {
    const world = await createWorld(after, {
      simulator: { ...STILL_LIVES, migrations: 120, listedRows: 60 },
      account: { pageSize: 20, sweepEveryMs: 1_000 },
    })
    const { db } = world
    await startTestDaemon(after, world.config)
    const sweeps = async () => {
      const [sweep] = await query<{ completed: number }>(
        db,
        `select completed from landfall.walk where kind = 'sweep'`,
      )
      return (sweep?.completed ?? 0) >= 4
    }
    await waitFor(sweeps, { what: 'sweeps both ways', timeoutMs: 60_000 })

    const [account] = await query(
      db,
      'select baseline_at is not null as baseline, state, state_reason from reporting.accounts',
    )
    expect(account).toEqual({
      baseline: true,
      state: 'active',
      state_reason: 'the provider lists no more than 60 migrations',
    })
    expect(await query(db, 'select count(*)::int as n from landfall.migration')).toEqual([{ n: 60 }])
    expect(await query(db, `select last_page from landfall.walk where kind = 'sweep'`)).toEqual([
      { last_page: 2 },
    ])
  }, 90_000)
})

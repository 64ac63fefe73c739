import { expect, type TestContext, test, vi } from 'vitest'

import { startDaemon } from '../src/daemon.ts'
import { applySchemaChanges } from '../src/store/schema-changes.ts'
import { query } from './support/account.ts'
import { testLog } from './support/daemon.ts'
import { NEEDS_PGBOUNCER, startPgbouncer } from './support/pgbouncer.ts'
import { waitFor } from './support/wait-for.ts'
import { createWorld, expectPromisesKept, type World, waitForTruth } from './support/world.ts'

/** Far above what any machine needs. */
const PATIENCE = { timeoutMs: 120_000 }
vi.setConfig({ testTimeout: 300_000 })
const lives = { migrations: 60, history: 10, arrivalS: 240 }

/** The main job: what the provider did is what Postgres and the receiver know. */
async function expectMainJob(
  world: World,
  change: Partial<World['config']>,
  after: TestContext['onTestFinished'],
) {
  const daemon = await startDaemon({ ...world.config, ...change }, testLog, () => {})
  after(daemon.stop)
  const { db, simulator } = world
  const several = () => query(db, 'select 1 from reporting.events where sequence = 3 limit 1')
  await waitFor(async () => (await several()).length > 0, {
    what: 'a migration with several events',
    ...PATIENCE,
  })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth(), PATIENCE.timeoutMs)
  await expectPromisesKept(world, simulator.truth())
}

test(
  'the main job runs behind PgBouncer in session mode',
  NEEDS_PGBOUNCER,
  async ({ onTestFinished: after }) => {
    const world = await createWorld(after, { simulator: lives })
    const databaseUrl = await startPgbouncer(after, world.databaseUrl, 'session')
    await expectMainJob(world, { databaseUrl }, after)
  },
)

test(
  'the main job runs behind PgBouncer in transaction mode, with a direct URL beside it',
  NEEDS_PGBOUNCER,
  async ({ onTestFinished: after }) => {
    const world = await createWorld(after, { simulator: lives })
    const databaseUrl = await startPgbouncer(after, world.databaseUrl, 'transaction')
    await expectMainJob(world, { databaseUrl, directDatabaseUrl: world.databaseUrl }, after)
  },
)

test(
  'a transaction pooler without a direct URL is refused, with what to set',
  NEEDS_PGBOUNCER,
  async ({ onTestFinished: after }) => {
    const world = await createWorld(after, { simulator: { migrations: 0, history: 0 } })
    const url = await startPgbouncer(after, world.databaseUrl, 'transaction')
    await expect(applySchemaChanges(url)).rejects.toThrow(/LANDFALL_DIRECT_DATABASE_URL/)
  },
)

test('settings of the database change nothing', async ({ onTestFinished: after }) => {
  const world = await createWorld(after, { simulator: lives })
  const name = new URL(world.databaseUrl).pathname.slice(1)
  const settings = [
    `datestyle = 'German'`,
    `intervalstyle = 'sql_standard'`,
    `timezone = 'Asia/Kolkata'`,
    `bytea_output = 'escape'`,
    'extra_float_digits = -3',
    `default_transaction_isolation = 'serializable'`,
    'default_transaction_read_only = on',
    `search_path = ''`,
    'idle_session_timeout = 500',
    'lock_timeout = 1',
    'statement_timeout = 50',
  ]
  // Read-only comes into force with the next connection.
  for (const setting of settings) await query(world.db, `alter database ${name} set ${setting}`)
  await expectMainJob(world, {}, after)
})

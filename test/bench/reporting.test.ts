import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findScans, measure } from '../../bench/reporting/measure.ts'
import { PANELS } from '../../bench/reporting/panels.ts'
import { seed } from '../../bench/reporting/seed.ts'
import { readReportingSchema } from '../../scripts/reporting-schema.ts'
import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { RAW_VIEWS } from '../store/reporting/raw-views.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

const LOAD = { migrations: 12_000, transitions: 120_000, days: 30 }

let database: TestDatabase
let client: pg.Client
const progress: number[] = []

beforeAll(async () => {
  database = await createDatabase()
  await applySchemaChanges(database.url)
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await seed(client, LOAD, (done) => progress.push(done.migrations))
}, 120_000)
afterAll(async () => {
  await client.end()
  await database.drop()
})

describe('what dashboards ask', () => {
  test.each(PANELS.map((panel) => [`${panel.view}, ${panel.asks}`, panel] as const))(
    '%s: reads no history from end to end',
    async (_, panel) => {
      expect(await findScans(client, panel)).toEqual([])
    },
  )

  test('touches every view and function', async () => {
    const { things } = await readReportingSchema(client)
    expect(new Set(PANELS.map(({ view }) => view))).toEqual(new Set(things.map(({ name }) => name)))
  })

  test('is noticed where it does read history from end to end', async () => {
    for (const sql of Object.values(RAW_VIEWS)) {
      expect(await findScans(client, { view: '', asks: '', sql })).not.toEqual([])
    }
  })
})

test('the load is as large as was asked for, and tells how far it has come', async () => {
  const { rows } = await client.query<{ migrations: number; transitions: number }>(
    `select (select count(*)::int from landfall.migration) as migrations,
       (select count(*)::int from landfall.transition) as transitions`,
  )
  expect(rows[0]?.migrations).toBe(LOAD.migrations)
  // Some lives are not over yet.
  expect(rows[0]?.transitions).toBeGreaterThan(0.9 * LOAD.transitions)
  expect(progress).toEqual([5_000, 10_000, 12_000])
})

test('a measurement has rows and times', async () => {
  const accounts = PANELS.find(({ view }) => view === 'accounts')
  if (accounts === undefined) throw new Error('no panel asks for accounts')
  const { rows, p50Ms, p95Ms } = await measure(client, accounts, 5)

  expect(rows).toBe(3)
  expect(p50Ms).toBeGreaterThan(0)
  expect(p95Ms).toBeGreaterThanOrEqual(p50Ms)
})

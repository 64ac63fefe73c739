import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DASHBOARDS } from '../../bench/reporting/dashboards.ts'
import { LISTS } from '../../bench/reporting/lists.ts'
import { findScans, measure } from '../../bench/reporting/measure.ts'
import { PANELS, panel } from '../../bench/reporting/panels.ts'
import { type Progress, seed } from '../../bench/reporting/seed.ts'
import { openWrites } from '../../bench/reporting/writes.ts'
import { readReportingSchema } from '../../scripts/reporting-schema.ts'
import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { KEPT_VIEWS, RAW_VIEWS, type RawView } from '../store/reporting/raw-views.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

const LOAD = { migrations: 12_000, transitions: 120_000, days: 30 }

let database: TestDatabase
let client: pg.Client
const progress: Progress[] = []
let indexes: string[]

beforeAll(async () => {
  database = await createDatabase()
  await applySchemaChanges(database.url)
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  indexes = await readIndexes()
  await seed(client, LOAD, (done) => progress.push(done))
}, 120_000)
afterAll(async () => {
  await client.end()
  await database.drop()
})

describe('what dashboards and the API ask', () => {
  test.each([...PANELS, ...DASHBOARDS].map((one) => [`${one.of}, ${one.asks}`, one] as const))(
    '%s: reads no history from end to end',
    async (_, question) => {
      expect(await findScans(client, question)).toEqual([])
    },
  )

  test.each([...new Set(LISTS.map(({ of, asks }) => `${of}, ${asks}`))])(
    '%s: reads no history from end to end, in any order, from the first row or any other',
    async (name) => {
      for (const way of LISTS.filter(({ of, asks }) => `${of}, ${asks}` === name)) {
        expect(await findScans(client, way), way.as).toEqual([])
      }
    },
  )

  test('touches every view and function', async () => {
    const { things } = await readReportingSchema(client)
    expect(new Set(PANELS.map(({ of }) => of))).toEqual(new Set(things.map(({ name }) => name)))
  })

  test('is noticed where it does read history from end to end', async () => {
    for (const sql of Object.values(RAW_VIEWS)) {
      expect(await findScans(client, panel('', '', sql))).not.toEqual([])
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
  const loaded = progress.filter(({ doing }) => doing === 'rows').map(({ migrations }) => migrations)
  expect(loaded).toEqual([5_000, 10_000, 12_000])
  expect(progress.at(-1)).toMatchObject({ doing: 'statistics', migrations: 12_000 })
})

test('the load leaves the indexes, keys and triggers that it found, and rollups that are true', async () => {
  expect(await readIndexes()).toEqual(indexes)
  const { rows } = await client.query(`select from pg_trigger where tgenabled <> 'O'`)
  expect(rows).toEqual([])
  for (const view of Object.keys(RAW_VIEWS) as RawView[]) {
    expect(await readRows(KEPT_VIEWS[view]), view).toEqual(await readRows(RAW_VIEWS[view]))
  }
})

async function readIndexes(): Promise<string[]> {
  const { rows } = await client.query<{ made: string }>(
    `select indexdef as made from pg_indexes where schemaname = 'landfall'
     union all select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'landfall'::regnamespace
     order by made`,
  )
  return rows.map(({ made }) => made)
}

async function readRows(sql: string): Promise<string[]> {
  const { rows } = await client.query<Record<string, unknown>>(sql)
  return rows.map((row) => JSON.stringify(row)).sort()
}

test('what is written counts itself, and leaves true rollups', async () => {
  const { writes, close } = await openWrites(database.url)
  try {
    const before = await readRows('select count(*) from landfall.transition')
    for (const { run } of writes) await run()
    expect(await readRows('select count(*) - 201 as count from landfall.transition')).toEqual(before)
    expect(await readRows(KEPT_VIEWS.status_counts)).toEqual(await readRows(RAW_VIEWS.status_counts))
  } finally {
    await close()
  }
})

test('a measurement has rows and times', async () => {
  const accounts = PANELS.find(({ of }) => of === 'accounts')
  if (accounts === undefined) throw new Error('no panel asks for accounts')
  const { rows, p50Ms, p95Ms } = await measure(client, accounts, 5)

  expect(rows).toBe(4)
  expect(p50Ms).toBeGreaterThan(0)
  expect(p95Ms).toBeGreaterThanOrEqual(p50Ms)
})

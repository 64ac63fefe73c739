import { readFileSync } from 'node:fs'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { type Db, openDb } from '../../src/store/db.ts'
import { findSchemaTroubles, listSchemaObjects } from '../../src/store/schema-objects.ts'
import { log, query } from '../support/account.ts'
import { createSchemaDatabase } from '../support/database.ts'
import { createWorkingDir } from './cli.ts'
import { runHere } from './in-process.ts'

let dir: Awaited<ReturnType<typeof createWorkingDir>>
let database: Awaited<ReturnType<typeof createSchemaDatabase>>
let db: Db

beforeAll(async () => {
  dir = await createWorkingDir()
})
afterAll(() => dir.remove())
beforeEach(async () => {
  database = await createSchemaDatabase()
  db = openDb({ url: database.url, log, applicationName: 'test' })
})
afterEach(async () => {
  await db.pool.end()
  await database.drop()
})

const doctor = () => runHere(['doctor'], { cwd: dir.path, env: { DATABASE_URL: database.url } })

test('the shipped list names what the schema changes make; otherwise, npm run schema:list', async () => {
  const listed = JSON.parse(readFileSync('migrations-sql/objects.json', 'utf8'))

  expect(listed).toEqual(await listSchemaObjects(db))
})

test('a whole database has no trouble, also one with objects of its owner', async () => {
  await query(db, 'create index of_the_owner on landfall.transition (recorded_at)')
  await query(db, 'create view reporting.of_the_owner as select 1 as one')
  const { stdout } = await doctor()

  expect(stdout).toContain('schema objects: all there, and in use')
})

describe('doctor names what is damaged, and fails', () => {
  test.each([
    ['drop function landfall.fold_migration_deltas()', 'missing: function landfall.fold_migration_deltas()'],
    ['drop view reporting.transitions cascade', 'missing: view reporting.transitions'],
    ['drop index landfall.event_order', 'missing: index landfall.event.event_order'],
    ['drop trigger note_inserted on landfall.migration', 'missing: trigger landfall.migration.note_inserted'],
    [
      'alter table landfall.migration drop constraint migration_identity',
      'landfall.migration.migration_identity',
    ],
    ['alter table landfall.feed drop column generation', 'missing: column landfall.feed.generation'],
    [
      'alter table landfall.migration disable trigger note_inserted',
      'disabled: trigger landfall.migration.note_inserted',
    ],
    [
      'alter table landfall.creation disable trigger all',
      'disabled: constraint landfall.creation.creation_account',
    ],
    [
      `create or replace function landfall.fold_lag() returns void language sql as 'select'`,
      'altered: function landfall.fold_lag()',
    ],
    [
      'drop function landfall.lags_in(timestamptz) cascade',
      'missing: function landfall.lags_in(of_hour timestamp with time zone)',
    ],
    [
      'alter function reporting.counts_at(timestamptz) security invoker',
      'altered: function reporting.counts_at(ts timestamp with time zone)',
    ],
    [
      `update pg_index set indisvalid = false where indexrelid = 'landfall.event_order'::regclass`,
      'disabled: index landfall.event.event_order',
    ],
  ])('%s', async (damage, named) => {
    await query(db, damage)
    const { stdout, exitCode } = await doctor()

    expect(stdout).toContain(named)
    expect(stdout).toMatch(/problem +schema objects/)
    expect(exitCode).toBe(1)
  })

  test('a view that the server cannot read', async () => {
    // Its owner may not read the tables behind it.
    await query(db, 'alter view reporting.deliveries owner to pg_monitor')
    const { stdout, exitCode } = await doctor()

    expect(stdout).toMatch(/failing: view reporting\.deliveries \(permission denied/)
    expect(exitCode).toBe(1)
  })
})

test('a table that is missing is named once, not with each of its columns', async () => {
  await query(db, 'drop table landfall.api_token')

  expect(await findSchemaTroubles(db)).toEqual([
    { object: 'table landfall.api_token', trouble: 'missing', reason: null },
  ])
})

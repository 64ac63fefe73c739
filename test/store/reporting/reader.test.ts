import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { applySchemaChanges } from '../../../src/store/schema-changes.ts'
import { createTestAccount, query, record, seen } from '../../support/account.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
let reader: pg.Client

beforeAll(async () => {
  world = await createTestAccount()
  // A view may read more where there is something to show.
  await record(world.deps, world.account, [seen('m1', 'WORKING', 0)])
  await record(world.deps, world.account, [seen('m1', 'COMPLETE', 10)])
  reader = new pg.Client({ connectionString: world.url })
  await reader.connect()
  await reader.query('set role landfall_reader')
})
afterAll(async () => {
  await reader.end()
  await world.close()
})

const names = async (text: string) => (await query<{ name: string }>(world.db, text)).map(({ name }) => name)

describe('landfall_reader', () => {
  test('reads every view', async () => {
    const views = await names(`select viewname as name from pg_views where schemaname = 'reporting'`)
    expect(views.length).toBeGreaterThan(9)
    for (const view of views) await reader.query(`select * from reporting.${view}`)
  })

  test('asks what was known at a moment', async () => {
    await reader.query(`select * from reporting.status_at('acme', 'm1', now())`)
    await reader.query('select * from reporting.counts_at(now())')
  })

  test('reads no table of schema landfall', async () => {
    const tables = await names(`select tablename as name from pg_tables where schemaname = 'landfall'`)
    expect(tables).toContain('transition')
    for (const table of tables) {
      await expect(reader.query(`select from landfall.${table}`), table).rejects.toThrow('permission denied')
    }
  })

  test('changes nothing', async () => {
    const denied = 'permission denied'
    await expect(reader.query('create view reporting.mine as select 1')).rejects.toThrow(denied)
    await expect(reader.query('delete from reporting.api_usage_hourly')).rejects.toThrow(denied)
    await expect(reader.query('update reporting.events set type = type')).rejects.toThrow(denied)
    await expect(reader.query('select landfall.fold_rollups()')).rejects.toThrow(denied)
    await expect(reader.query('create table landfall.mine ()')).rejects.toThrow(denied)
  })
})

test('nobody else may ask functions', async () => {
  const role = await createRole('nologin')
  await query(world.db, `grant usage on schema reporting to ${role}`)
  onTestFinished(async () => void (await query(world.db, `drop owned by ${role}`)))

  const stranger = await connect(world.url)
  await stranger.query(`set role ${role}`)
  await expect(stranger.query('select * from reporting.counts_at(now())')).rejects.toThrow(
    'permission denied',
  )
})

describe('where the database user may not create roles', () => {
  test('the schema is made all the same', async () => {
    const owner = await createOwner()

    const { applied, total } = await applySchemaChanges(owner)

    expect(applied).toBe(total)
  })

  test('a notice says what is left to do', async () => {
    const owner = await createOwner()
    await applySchemaChanges(owner)
    const client = await connect(owner)
    const notices: (string | undefined)[] = []
    client.on('notice', ({ message }) => notices.push(message))
    // The role itself belongs to the whole server, and other tests have made it.
    await client.query(
      roleStatement().replaceAll('landfall_reader', `absent_${randomBytes(6).toString('hex')}`),
    )

    expect(notices).toEqual([expect.stringContaining('grant select and execute on schema reporting')])
  })
})

function roleStatement(): string {
  const statements = readFileSync('migrations-sql/0001_reporting.sql', 'utf8').split(
    '--> statement-breakpoint',
  )
  const found = statements.find((statement) => statement.includes('create role'))
  if (found === undefined) throw new Error('no statement creates the role')
  return found
}

async function createRole(options: string): Promise<string> {
  const role = `test_${randomBytes(6).toString('hex')}`
  await query(world.db, `create role ${role} ${options}`)
  onTestFinished(async () => void (await query(world.db, `drop role ${role}`)))
  return role
}

/** A user with a database of its own, and no other right. */
async function createOwner(): Promise<string> {
  const role = await createRole(`login password 'test'`)
  await query(world.db, `create database ${role} owner ${role}`)
  onTestFinished(async () => void (await query(world.db, `drop database ${role} with (force)`)))
  const url = new URL(world.url)
  Object.assign(url, { username: role, password: 'test', pathname: role })
  return url.href
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

import { createTestAccount, query, record, seen } from '../support/account.ts'
import { dashboards, targets } from './dashboards.ts'

const HOOK = { name: 'ops', kind: 'webhook', events: ['migration.completed' as const] }

let world: Awaited<ReturnType<typeof createTestAccount>>
let reader: pg.Client
beforeAll(async () => {
  world = await createTestAccount({ hooks: [HOOK] })
  const { db, deps, account } = world
  await query(db, 'update landfall.account set baseline_at = now()')
  const ids = ['m1', 'm2', 'm3']
  await record(deps, account, [
    ...ids.map((id) => seen(id, 'WORKING', 0)),
    seen('m4', 'PENDING_USER_INPUT', 0),
  ])
  await record(deps, account, [seen('m1', 'COMPLETE', 30), seen('m2', 'ON_THE_MOON', 30)])
  await query(db, `update landfall.migration set overdue = true where migration_id = 'm3'`)
  await query(
    db,
    `insert into landfall.usage (account, hour, list_requests) values ('acme', '2026-03-04T10:00:00Z', 3)`,
  )
  // What was recorded in the test's own time is history; Grafana asks for a range.
  reader = new pg.Client({ connectionString: world.url })
  await reader.connect()
  await reader.query('set role landfall_reader')
})
afterAll(async () => {
  await reader.end()
  await world.close()
})

const FROM = `'2026-03-01T00:00:00Z'`
const TO = `'2026-03-08T00:00:00Z'`

/** As Grafana does before it sends it. */
function fillIn(sql: string): string {
  return (
    sql
      .replace(/\$__timeFilter\(([^()]+)\)/g, `$1 between ${FROM} and ${TO}`)
      .replace(
        /\$__timeGroupAlias\(([^,()]+), *\$__interval\)/g,
        'floor(extract(epoch from $1) / 3600) * 3600 as "time"',
      )
      .replaceAll('$__timeFrom()', FROM)
      .replaceAll('$__timeTo()', TO)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Grafana has it
      .replaceAll('${account:sqlstring}', `'acme','other'`)
  )
}

const ofPostgres = targets.filter(({ datasource }) => datasource.uid === 'landfall-postgres')

describe('the panels on Postgres', () => {
  test.each(ofPostgres)('$panel: runs as landfall_reader, and shows something', async ({ rawSql = '' }) => {
    const sql = fillIn(rawSql)
    expect(sql).not.toMatch(/\$/)
    const { rows } = await reader.query(sql)
    expect(rows.length).toBeGreaterThan(0)
  })

  test('what is a time series has its times in the first column', async () => {
    for (const { rawSql = '', panel, ...target } of ofPostgres) {
      if (!('format' in target) || target.format !== 'time_series') continue
      const { fields, rows } = await reader.query<Record<string, unknown>>(fillIn(rawSql))
      expect(fields[0]?.name, panel).toMatch(/^(time|hour)$/)
      const times = rows.map((row) => new Date(row['time'] as never).getTime())
      expect(times, panel).toEqual(times.toSorted((a, b) => a - b))
    }
  })

  test('the choice of accounts runs too', async () => {
    const [choice] = dashboards.flatMap(({ templating }) => templating.list).filter(isPostgres)
    expect((await reader.query(choice?.query ?? '')).rows).toEqual([{ account: 'acme' }])
  })
})

const isPostgres = ({ datasource }: { datasource: { uid: string } }) => datasource.uid === 'landfall-postgres'

describe('the dashboards', () => {
  test('ask only sources that are provisioned', () => {
    const folder = 'ops/grafana/provisioning/datasources'
    const provisioned = readdirSync(folder).flatMap(
      (name) => parse(readFileSync(`${folder}/${name}`, 'utf8')).datasources,
    )
    const known = provisioned.map(({ uid }: { uid: string }) => uid)
    for (const { panel, datasource } of targets) expect(known, panel).toContain(datasource.uid)
  })

  test.each(dashboards)('$title: panels do not lie on one another', ({ panels }) => {
    const places = panels.flatMap(({ id, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => ({ id, at: `${x + (n % w)} ${y + Math.floor(n / w)}` })),
    )
    expect(new Set(places.map(({ at }) => at)).size).toBe(places.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })
})

test("Grafana's user reads schema reporting and nothing else", async () => {
  const name = `grafana_${randomBytes(6).toString('hex')}`
  const script = readFileSync('ops/grafana/reader.sql', 'utf8')
  const statements = script.replaceAll('grafana', name).replaceAll(":'password'", `'it''s "secret"'`)
  onTestFinished(async () => void (await query(world.db, `drop role ${name}`)))
  // Once more, as whenever the profile is started.
  for (const _ of [1, 2]) await world.db.pool.query(statements)

  const url = new URL(world.url)
  url.username = name
  url.password = encodeURIComponent(`it's "secret"`)
  const client = new pg.Client(url.href)
  await client.connect()
  onTestFinished(() => client.end())
  expect((await client.query('select from reporting.migrations')).rowCount).toBe(4)
  await expect(client.query('select from landfall.migration')).rejects.toThrow('permission denied')
})

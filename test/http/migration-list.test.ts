import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTestAccount, query, record, seen } from '../support/account.ts'
import { apiAt } from './api.ts'
import { createApi } from './serve.ts'

interface Row {
  readonly account: string
  readonly migration_id: string
  readonly [column: string]: unknown
}

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let api: ReturnType<typeof apiAt>
const STATUSES = ['NOT_READY', 'WORKING', 'PENDING_USER_INPUT', 'COMPLETE', 'FAILED', 'SOMETHING_NEW']
const SORTS = ['status_since', 'created_at', 'first_seen_at'].flatMap((by) => [by, `-${by}`])

beforeAll(async () => {
  landfall = await createTestAccount()
  await query(
    landfall.db,
    `insert into landfall.account (name, provider, policy) values ('other', 'anon', 'fixed')`,
  )
  // Many share a time, as all rows of one list page do.
  const observations = Array.from({ length: 60 }, (_, n) => ({
    ...seen(`m-${n}`, STATUSES[n % STATUSES.length] ?? '', n % 7),
    createdAt: n % 5 === 0 ? null : `2026-03-0${1 + (n % 8)}T09:15:02.118340Z`,
    companyId: n % 4 === 0 ? null : `company-${n % 3}`,
  }))
  await record(landfall.deps, landfall.account, observations)
  await record(landfall.deps, { ...landfall.account, name: 'other' }, observations.slice(0, 20))
  await query(
    landfall.db,
    `update landfall.migration set overdue = true where migration_id in ('m-1', 'm-2')`,
  )
  await query(landfall.db, `update landfall.migration set vanished_at = now() where migration_id = 'm-7'`)
  server = createApi(landfall)
  await server.start()
  api = apiAt(server.url())
}, 60_000)
afterAll(async () => {
  await server.stop()
  await landfall.close()
})

const nameOf = ({ account, migration_id: id }: Row) => `${account}/${id}`

async function walk(asked: string, limit: number): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor = ''; ; ) {
    const { status, json } = await api('GET', `/migrations?${asked}&limit=${limit}${cursor}`)
    expect(status, JSON.stringify(json)).toBe(200)
    rows.push(...json.migrations)
    if (json.next_cursor === null) return rows
    expect(json.migrations).toHaveLength(limit)
    cursor = `&cursor=${json.next_cursor}`
  }
}

const filters = fc.record(
  {
    account: fc.constantFrom('acme', 'other', 'acme,other', 'nobody'),
    phase: fc.constantFrom('running', 'failed', 'pending,needs_input', 'unknown'),
    status: fc.constantFrom('WORKING', 'COMPLETE,FAILED', 'SOMETHING_NEW', 'NEVER'),
    company_id: fc.constantFrom('company-1', 'company-2'),
    q: fc.constantFrom('m-1', 'company-', 'm', '%', 'm_'),
    live: fc.constant('true'),
    overdue: fc.constant('true'),
  },
  { requiredKeys: [] },
)

/** The same by the plainest means. */
function fits(row: Row, filter: Record<string, string | undefined>): boolean {
  const among = (given: string | undefined, value: unknown) =>
    given === undefined || given.split(',').includes(String(value))
  const starts = (value: unknown) => typeof value === 'string' && value.startsWith(filter['q'] ?? '')
  return (
    among(filter['account'], row.account) &&
    among(filter['phase'], row['phase']) &&
    among(filter['status'], row['status']) &&
    (filter['company_id'] === undefined || row['company_id'] === filter['company_id']) &&
    (starts(row.migration_id) || starts(row['company_id'])) &&
    (filter['live'] === undefined || (row['is_terminal'] === false && row['vanished_at'] === null)) &&
    (filter['overdue'] === undefined || row['overdue'] === true)
  )
}

describe('migrations', () => {
  test('are listed page by page in every order, whatever is asked for, each once', async () => {
    const all = await walk('', 1000)
    expect(all).toHaveLength(80)
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.constantFrom(...SORTS),
        fc.integer({ min: 1, max: 30 }),
        async (filter, sort, limit) => {
          const rows = await walk(`${new URLSearchParams({ ...filter, sort })}`, limit)
          const fitting = all.filter((row) => fits(row, filter))
          expect(rows.map(nameOf).sort()).toEqual(fitting.map(nameOf).sort())
          const by = sort.replace('-', '')
          const times = rows.map((row) => String(row[by] ?? row['first_seen_at']))
          expect(times).toEqual(sort.startsWith('-') ? times.toSorted().reverse() : times.toSorted())
        },
      ),
      { numRuns: 60 },
    )
  })

  test('come with those that changed last first, where nothing else is asked for', async () => {
    const { json } = await api('GET', '/migrations?limit=5')
    expect(json).toEqual({
      migrations: (await walk('sort=-status_since', 1000)).slice(0, 5),
      next_cursor: expect.any(String),
    })
  })

  test('are narrowed by when they were created, or first seen where that is not told', async () => {
    const between = 'created_after=2026-03-02T00:00:00Z&created_before=2026-03-04T12:00:00%2B03:00'
    const rows = await walk(between, 7)
    const created = (row: Row) => String(row['created_at'] ?? row['first_seen_at'])
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.map(created).every((at) => at >= '2026-03-02' && at < '2026-03-04T09:00:00Z')).toBe(true)
    const all = await walk('sort=-created_at', 1000)
    expect(rows).toEqual(
      all.filter((row) => created(row) >= '2026-03-02' && created(row) < '2026-03-04T09:00:00Z'),
    )
  })

  test.each([
    ['limit=0', 'limit: '],
    ['limit=1001', 'limit: '],
    ['sort=polls', 'sort: '],
    ['phase=landed', 'phase.0: '],
    ['live=perhaps', 'live: '],
    ['created_after=yesterday', 'created_after: expected a time such as'],
    ['created_after=0000-01-01T00:00:00Z', 'created_after: expected a time such as'],
    ['created_after=2026-03-02T00:00:00Z&sort=-status_since', 'sort: '],
    ['q=a%00b', 'q: expected a text without NUL'],
    ['stauts=WORKING', 'the query: '],
    ['cursor=abc', 'cursor: expected the next_cursor of this very list'],
    [
      `cursor=${encode({ sort: '-status_since', at: 'now', account: 'acme', migration_id: 'm' })}`,
      'cursor: ',
    ],
    [
      `cursor=${encode({ sort: 'created_at', at: '2026-03-02T00:00:00Z', account: 'acme', migration_id: 'm' })}`,
      'cursor: the list was sorted otherwise',
    ],
  ])('%s is refused', async (asked, detail) => {
    const { status, json } = await api('GET', `/migrations?${asked}`)
    expect(json).toMatchObject({ status: 400, detail: expect.stringContaining(detail) })
    expect(status).toBe(400)
  })
})

test('a list in an order that does not change goes on where it was, however much comes and goes', async () => {
  const before = await walk('account=other&sort=first_seen_at', 1000)
  const seenSo: Row[] = []
  for (let cursor = '', n = 0; ; n++) {
    const { json } = await api('GET', `/migrations?account=other&sort=first_seen_at&limit=3${cursor}`)
    seenSo.push(...json.migrations)
    if (json.next_cursor === null) break
    cursor = `&cursor=${json.next_cursor}`
    // Behind and before the cursor alike.
    const changed = [seen(`m-${n}`, 'FAILED', 100 + n), seen(`m-${19 - n}`, 'WORKING', 100 + n)]
    await record(landfall.deps, { ...landfall.account, name: 'other' }, [
      ...changed,
      seen(`new-${n}`, 'WORKING', -100 + n),
    ])
  }
  expect(seenSo.map(nameOf)).toEqual(before.map(nameOf))
})

function encode(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

import { startDaemon } from '../../src/daemon.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { testAccount, testConfig, testLog } from '../support/daemon.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount()
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
})
afterEach(() => landfall.close())

/** A process that serves, and works on nothing. */
async function serve(apiToken: string | null): Promise<string> {
  const accounts = [testAccount('http://127.0.0.1:1')]
  const roles = new Set(['serve'] as const)
  const daemon = await startDaemon(
    testConfig({ databaseUrl: landfall.url, accounts, roles, apiToken }),
    testLog,
    () => undefined,
  )
  onTestFinished(() => daemon.stop())
  return daemon.url ?? ''
}

test('a migration comes with its history and with when and why it is read next', async () => {
  await record(landfall.deps, landfall.account, [seen('a/b', 'WORKING', 0)])
  await record(landfall.deps, landfall.account, [seen('a/b', 'FAILED', 10)])
  const url = await serve(null)
  const response = await fetch(`${url}/api/v1/migrations/acme/${encodeURIComponent('a/b')}`)

  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({
    migration: { migration_id: 'a/b', status: 'FAILED' },
    transitions: [{ to_status: 'WORKING' }, { from_status: 'WORKING', to_status: 'FAILED' }],
    events: expect.arrayContaining([expect.objectContaining({ type: 'migration.failed' })]),
    next_reading: { suspended: false, why: 'recheck', next_reading_at: expect.any(String) },
  })
})

test('what is not there is a problem that says so', async () => {
  const url = await serve(null)
  const response = await fetch(`${url}/api/v1/migrations/acme/nobody`)

  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  expect(await response.json()).toMatchObject({ detail: 'account acme has no migration nobody' })
})

test('accounts come with what their budget gives', async () => {
  await record(landfall.deps, landfall.account, [seen('m1', 'WORKING', 0)])
  await query(landfall.db, `insert into landfall.planner (account, config) values ('acme', $1)`, [
    { requestsPerSecond: 2, pageSize: 10, sweepEveryMs: 300_000, lagGoalMs: 15_000 },
  ])
  const url = await serve(null)
  const { accounts } = (await (await fetch(`${url}/api/v1/accounts`)).json()) as { accounts: object[] }

  expect(accounts).toMatchObject([
    {
      account: 'acme',
      state: 'active',
      policy: 'adaptive',
      plan: { requests_per_second: 2, lag_goal_seconds: 15, live: 1, mean_seconds: expect.any(Number) },
    },
  ])
})

test('nothing is told without the token', async () => {
  const url = await serve('a token of some length')
  for (const path of ['/api/v1/accounts', '/api/v1/migrations/acme/m1']) {
    expect((await fetch(`${url}${path}`)).status).toBe(401)
    const headers = { authorization: 'Bearer a token of some length' }
    expect((await fetch(`${url}${path}`, { headers })).status).not.toBe(401)
  }
})

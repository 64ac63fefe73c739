import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createProvider } from '../../src/providers/registry.ts'
import { createSimulator, type Simulator } from '../../src/simulator/server.ts'
import { createApiActions } from '../../src/work/api-actions.ts'
import { trackMigration } from '../../src/work/track-migration.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { apiAt } from './api.ts'
import { createApi } from './serve.ts'

let simulator: Simulator
let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let api: ReturnType<typeof apiAt>

beforeEach(async () => {
  simulator = createSimulator({
    history: 0,
    lives: [{ id: 'm/1', createdS: -60, changes: [[-30, 'WORKING']] }],
  })
  const { url } = await simulator.start()
  const provider = createProvider('anon', { apiKey: 'key', baseUrl: url })
  landfall = await createTestAccount({ account: { provider } })
  server = createApi(landfall, createApiActions(landfall.deps))
  await server.start()
  api = apiAt(server.url())
})
afterEach(async () => {
  await server.stop()
  await landfall.account.provider.close()
  await landfall.close()
  await simulator.stop()
})

const ask = (migration_id: string, account = 'acme') => api('POST', '/migrations', { account, migration_id })
const rows = (text: string) => query(landfall.db, text)
const requests = async () => (await rows('select get_requests from reporting.api_usage_hourly'))[0]
const suspend = () =>
  rows(`update landfall.account set state = 'suspended', state_reason = 'why', state_since = now()`)

describe('a migration that no list has shown', () => {
  test('is read at once, within the budget, and followed from then on', async () => {
    const { status, json } = await ask('m/1')
    expect([status, json.migration]).toMatchObject([
      201,
      { account: 'acme', migration_id: 'm/1', status: 'WORKING', next_poll_at: expect.any(String) },
    ])
    expect(await requests()).toEqual({ get_requests: 1 })
    expect(await rows('select type from reporting.events')).toEqual([{ type: 'migration.discovered' }])
    const again = await ask('m/1')
    expect([again.status, again.json.migration.migration_id]).toEqual([200, 'm/1'])
    expect(await rows('select urgent from landfall.migration')).toEqual([{ urgent: true }])
  })

  test('is recorded once, however many ask for it at a time', async () => {
    const statuses = await Promise.all([1, 2, 3].map(async () => (await ask('m/1')).status))
    expect(statuses.toSorted()).toEqual([200, 200, 201])
    expect(await rows('select type from reporting.events')).toHaveLength(1)
  })

  test('and that the provider does not know is told, and not recorded', async () => {
    const { status, json } = await ask('nobody')
    expect([status, json.detail]).toEqual([404, 'the provider of account acme knows no migration nobody'])
    expect(await rows('select from landfall.migration')).toEqual([])
  })

  test('waits for the budget, and no longer than is bearable', async () => {
    const slow = { ...landfall.account, rate: { requestsPerSecond: 1, burst: 1 } }
    expect(await trackMigration(landfall.deps, slow, 'nobody')).toEqual({ kind: 'missing' })
    expect(await trackMigration(landfall.deps, slow, 'm/1')).toMatchObject({ kind: 'tracked', isNew: true })
    const hardly = { ...slow, rate: { requestsPerSecond: 0.01, burst: 1 } }
    expect(await trackMigration(landfall.deps, hardly, 'm2', 300)).toEqual({ kind: 'busy' })
  })

  test('is not asked for while the account is suspended, or of no account', async () => {
    expect((await ask('m/1', 'nobody')).json).toMatchObject({ detail: 'no account is called nobody' })
    await suspend()
    expect((await ask('m/1')).status).toBe(409)
    expect(await requests()).toBeUndefined()
  })

  test.each([
    [{ account: 'acme' }, 'migration_id: '],
    [{ account: 'acme', migration_id: '..' }, 'migration_id: expected an id that an address can hold'],
    [{ account: 'acme', migration_id: 'a\0b' }, 'migration_id: '],
    [{ account: 'acme', migration_id: 'm', force: true }, 'the body: '],
  ])('%j is refused', async (body, detail) => {
    const { status, json } = await api('POST', '/migrations', body)
    expect([status, json.detail]).toEqual([400, expect.stringContaining(detail)])
  })
})

describe('a poll', () => {
  const poll = (id: string) => api('POST', `/migrations/acme/${encodeURIComponent(id)}/poll`)

  test('is due from the moment at which it is asked for', async () => {
    await record(landfall.deps, landfall.account, [seen('m/1', 'COMPLETE', 0)])
    const { status, json } = await poll('m/1')
    expect([status, json]).toEqual([
      202,
      { account: 'acme', migration_id: 'm/1', next_poll_at: expect.any(String) },
    ])
    expect(Date.parse(json.next_poll_at)).toBeGreaterThan(Date.now() - 60_000)
    expect(await rows('select urgent from landfall.migration')).toEqual([{ urgent: true }])
  })

  test('of what is unknown or has vanished is a problem', async () => {
    await record(landfall.deps, landfall.account, [seen('m/1', 'WORKING', 0)])
    await rows('update landfall.migration set vanished_at = now(), next_poll_at = null')
    expect((await poll('nobody')).status).toBe(404)
    expect((await poll('m/1')).status).toBe(409)
    expect(await rows('select next_poll_at from landfall.migration')).toEqual([{ next_poll_at: null }])
  })
})

test('a suspended account is resumed by hand, and that is told once', async () => {
  await suspend()
  const resume = (name: string) => api('POST', `/accounts/${name}/resume`)
  expect((await resume('acme')).json).toEqual({ account: 'acme', state: 'active', resumed: true })
  expect((await resume('acme')).json).toEqual({ account: 'acme', state: 'active', resumed: false })
  expect((await resume('nobody')).status).toBe(404)
  expect((await api('GET', '/accounts')).json.accounts).toMatchObject([
    { state: 'active', state_reason: null },
  ])
  expect(await rows('select type, sequence from reporting.events')).toEqual([
    { type: 'account.resumed', sequence: 1 },
  ])
})

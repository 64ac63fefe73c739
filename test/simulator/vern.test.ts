import { describe, expect, onTestFinished, test } from 'vitest'

import type { VernOptions } from '../../src/simulator/vern/options.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { START } from './support.ts'

/** A running simulator whose time only the test moves; every phase of a run is over after an hour. */
async function startVern(options: VernOptions = {}) {
  const clock = { ms: START }
  const calm = { questionShare: 0, failedShare: 0, flaggedShare: 0 }
  const simulator = createVernSimulator({ now: () => clock.ms, apiKey: 'k', ...calm, ...options })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()

  async function ask(method: string, path: string, body?: unknown, key = 'k') {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'x-api-key': key },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : null
    return { status: response.status, json, text, headers: response.headers }
  }
  const passHours = (hours: number) => {
    clock.ms += hours * 3_600_000
  }
  async function create(body: object = {}): Promise<string> {
    return (await ask('POST', '/migrations', { name: 'Pine', ...body })).json.migration.id
  }
  async function upload(id: string): Promise<void> {
    const { json } = await ask('POST', `/migrations/${id}/files`, { files: [{ name: 'a.csv' }] })
    expect((await fetch(json.files[0].signed_url, { method: 'PUT', body: 'a,b' })).status).toBe(200)
  }
  const start = (id: string, kind = 'generate', message?: string) =>
    ask('POST', `/migrations/${id}/runs`, { kind, message })
  return { simulator, ask, passHours, create, upload, start, url }
}

test('a migration goes from files to a preview to an import, and each step shows', async () => {
  const vern = await startVern()
  const id = await vern.create()
  expect((await vern.start(id)).status).toBe(400)
  vern.passHours(1)
  await vern.upload(id)
  const { run_id: run } = (await vern.start(id)).json
  const poll = async () => (await vern.ask('GET', `/migrations/${id}/runs/${run}`)).json
  expect(await poll()).toMatchObject({ run_id: run, status: 'queued', message: null })
  expect((await vern.ask('GET', `/migrations/${id}/preview`)).status).toBe(404)
  vern.passHours(1)
  expect(await poll()).toMatchObject({ status: 'awaiting_approval' })
  expect((await vern.ask('GET', `/migrations/${id}/preview`)).json.sheets).toHaveLength(3)
  expect((await vern.start(id, 'execute')).json).toMatchObject({ run_id: run, status: 'running' })
  vern.passHours(1)
  expect(await poll()).toMatchObject({ status: 'completed', report: { invalidCellCount: 0 } })
  expect((await vern.ask('GET', `/migrations/${id}/exports/contacts.csv`)).text).toContain('"Coat, red",7')
  expect(vern.simulator.truth()[0]?.changes.map((one) => one.status)).toEqual([
    'awaiting_files',
    'ready',
    'queued',
    'running',
    'awaiting_approval',
    'running',
    'completed',
  ])
})

test('the same external_id is the same migration, and another source with it a conflict', async () => {
  const vern = await startVern({ sources: ['HubSpot', 'Twin', 'Twin'] })
  const create = (body: object) => vern.ask('POST', '/migrations', { name: 'Pine', ...body })
  const first = await create({ external_id: 'p-1' })
  expect([first.status, (await create({ external_id: 'p-1' })).status]).toEqual([201, 200])
  expect((await create({ external_id: 'p-1', source: 'HubSpot' })).status).toBe(409)
  expect((await create({ source: 'Twin' })).status).toBe(409)
  expect((await create({ source: 'Nowhere' })).status).toBe(404)
  expect((await create({ external_id: 'a b' })).status).toBe(400)
  expect((await create({ templates: ['deals', 'boats'] })).json.error).toBe('Unknown template slug(s): boats')
  expect((await vern.ask('POST', '/migrations', {})).json.error).toBe('name is required')
  expect((await vern.ask('GET', '/sources', undefined, 'other')).status).toBe(401)
  expect(vern.simulator.truth()).toHaveLength(1)
})

test('a second run of a migration is refused with the id of the first, whose answer may have been lost', async () => {
  const vern = await startVern()
  const id = await vern.create()
  await vern.upload(id)
  vern.simulator.setFaults({ 'reset.silent': 1 })
  await expect(vern.start(id)).rejects.toThrow()
  vern.simulator.setFaults({})
  const again = await vern.start(id)
  expect(again.status).toBe(409)
  expect(again.json.run_id).toBe(vern.simulator.runs().get(id))
})

test('questions and credentials block a run until they are answered', async () => {
  for (const [share, path, body] of [
    ['questionShare', 'messages', { answers: [{ id: 'q1', value: 'Day first' }] }],
    ['credentialsShare', 'credentials', { credentials: { api_key: 'x' } }],
  ] as const) {
    const vern = await startVern({ [share]: 1 })
    const id = await vern.create()
    await vern.upload(id)
    const { run_id: run } = (await vern.start(id)).json
    const at = `/migrations/${id}/runs/${run}`
    const statuses = []
    for (let turn = 0; turn < 3; turn += 1) {
      vern.passHours(1)
      statuses.push((await vern.ask('GET', at)).json.status)
      await vern.ask('POST', `${at}/${path}`, body)
    }
    expect(statuses).toEqual(['blocked', 'blocked', 'awaiting_approval'])
  }
})

test('runs are canceled, and clarified without an import', async () => {
  const vern = await startVern()
  const id = await vern.create()
  await vern.upload(id)
  const { run_id: run } = (await vern.start(id)).json
  vern.passHours(1)
  expect((await vern.start(id, 'clarify')).status).toBe(400)
  await vern.start(id, 'clarify', 'Which rows?')
  vern.passHours(1)
  const at = `/migrations/${id}/runs/${run}`
  expect((await vern.ask('GET', at)).json).not.toHaveProperty('report')
  expect(vern.simulator.truth()[0]?.status).toBe('awaiting_approval')
  await vern.start(id, 'update', 'Drop empty rows')
  expect((await vern.ask('PATCH', at, { status: 'stop' })).status).toBe(400)
  expect((await vern.ask('PATCH', at, { status: 'cancel_requested' })).json.status).toBe('canceled')
})

describe('limits', () => {
  test('per endpoint: so many a minute, and no header', async () => {
    const vern = await startVern({ regime: 'per_endpoint', perEndpoint: { requests: 2, windowS: 60 } })
    const statuses = []
    for (let count = 0; count < 3; count += 1) statuses.push((await vern.ask('GET', '/sources')).status)
    expect(statuses).toEqual([200, 200, 429])
    const { status, headers } = await vern.ask('GET', '/sources')
    expect([status, headers.get('retry-after'), headers.get('x-ratelimit-limit')]).toEqual([429, null, null])
    expect((await vern.ask('GET', '/templates')).status).toBe(200)
  })

  test('per class: one creation an hour beside thirty readings a minute, told in headers', async () => {
    const vern = await startVern({ regime: 'per_class' })
    await vern.create()
    const refused = await vern.ask('POST', '/migrations', { name: 'Oak' })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    const read = await vern.ask('GET', '/sources')
    expect([read.status, read.headers.get('x-ratelimit-limit')]).toEqual([200, '30'])
  })

  test('too many runs at once are refused with those that are under way', async () => {
    const vern = await startVern({ runsAtOnce: 1 })
    const [one, two] = [await vern.create(), await vern.create()]
    await vern.upload(one)
    await vern.upload(two)
    await vern.start(one)
    const refused = await vern.start(two)
    expect(refused.json).toMatchObject({
      code: 'run_concurrency_limit',
      limit: 1,
      runs: [{ status: 'queued' }],
    })
    vern.passHours(1)
    expect((await vern.start(two)).status).toBe(201)
  })
})

test('the storage takes a file once, by its signed address, and never with the key', async () => {
  const vern = await startVern()
  const id = await vern.create()
  const { json } = await vern.ask('POST', `/migrations/${id}/files`, { files: [{ name: 'a.csv' }] })
  const put = (headers: Record<string, string>) =>
    fetch(json.files[0].signed_url, { method: 'PUT', body: 'a', headers })
  expect((await put({ 'x-api-key': 'k' })).status).toBe(400)
  expect([(await put({})).status, (await put({})).status]).toEqual([200, 403])
})

test('migrations that are left to their people come to an end by themselves', async () => {
  const vern = await startVern({ migrations: 40, questionShare: 0.5, flaggedShare: 0.3, failedShare: 0.1 })
  vern.passHours(24)
  const statuses = new Set(vern.simulator.truth().map((one) => one.status))
  expect(statuses).toEqual(new Set(['completed', 'failed']))
})

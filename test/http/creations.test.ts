import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

import { createVernProvider } from '../../src/providers/vern/client.ts'
import type { FaultMix } from '../../src/simulator/faults.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { createApiActions } from '../../src/work/api-actions.ts'
import { createAccount, createTestAccount } from '../support/account.ts'
import { apiAt } from './api.ts'
import { createApi } from './serve.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let simulator: ReturnType<typeof createVernSimulator>
let api: ReturnType<typeof apiAt>
beforeEach(async () => {
  simulator = createVernSimulator({ apiKey: 'k' })
  const { url } = await simulator.start()
  const provider = createVernProvider({ apiKey: 'k', baseUrl: `${url}/api/v1` })
  onTestFinished(() => provider.close())
  landfall = await createTestAccount({ account: createAccount({ provider }) })
  const server = createApi(landfall, createApiActions(landfall.deps))
  await server.start()
  onTestFinished(() => server.stop())
  api = apiAt(server.url())
})
afterEach(async () => {
  await simulator.stop()
  await landfall.close()
})

const ORDER = { account: 'acme', external_id: 'pine-1', create: { name: 'Pine' } }
const post = (body: object) => api('POST', '/migrations', body)

test('one external id, sent twice, is one migration', async () => {
  const first = await post(ORDER)
  const again = await post(ORDER)
  const [made] = simulator.truth()
  expect([first.status, again.status]).toEqual([201, 200])
  expect(first.json).toMatchObject({ state: 'created', external_id: 'pine-1', migration_id: made?.id })
  expect(again.json).toMatchObject({ migration_id: made?.id })
  expect((await api('GET', `/migrations/acme/${made?.id}`)).json.migration).toMatchObject({
    ...{ provider: 'vern', status: 'awaiting_files', company_id: 'pine-1' },
  })
})

test.each([
  [{ ...ORDER, create: {} }, 400, 'vern answered 400: name is required'],
  [
    { ...ORDER, create: { name: 'P', templates: ['boats'] } },
    400,
    'vern answered 400: Unknown template slug(s): boats',
  ],
  [
    { ...ORDER, create: { name: 'P', source: 'Nowhere' } },
    404,
    'vern answered 404: Source not found: Nowhere',
  ],
  [{ ...ORDER, account: 'nobody' }, 404, 'no account is called nobody'],
])('%j is refused with %i', async (body, status, detail) => {
  const answer = await post(body)
  expect([answer.status, answer.json.detail]).toEqual([status, detail])
})

test('an id of other characters than providers take is refused before anything is sent', async () => {
  expect((await post({ ...ORDER, external_id: 'a b' })).status).toBe(400)
  expect(simulator.requests()).toEqual([])
})

test('what is not done yet says why, and is done in time', async () => {
  simulator.setFaults({ '5xx.503': 1 } as FaultMix)
  expect(await post(ORDER)).toMatchObject({
    ...{ status: 202, json: { state: 'pending', migration_id: null, reason: 'answered 503' } },
  })
})

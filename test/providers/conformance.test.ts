import { describe, onTestFinished } from 'vitest'

import { api as apiSchema, toApi } from '../../src/config/api-schema.ts'
import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { ANON_STATUS_MAP } from '../../src/providers/anon/status-map.ts'
import { createGenericProvider } from '../../src/providers/generic/client.ts'
import { createVernProvider } from '../../src/providers/vern/client.ts'
import { createSimulator } from '../../src/simulator/server.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { conforms, readsWell } from './conformance/suite.ts'
import { KEY, type ProviderWorld } from './conformance/world.ts'

async function anonWorld(): Promise<ProviderWorld> {
  const lives = [{ id: 'm1', createdS: -60, changes: [[-30, 'WORKING'] as const] }]
  const simulator = createSimulator({ apiKey: KEY, lives, history: 0 })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()
  return {
    simulator,
    url,
    migrationId: 'm1',
    runId: null,
    open: ({ key = KEY, baseUrl = url } = {}) => createAnonProvider({ apiKey: key, baseUrl }),
  }
}

/** Anon's API, as somebody would describe it in YAML. */
async function genericWorld(): Promise<ProviderWorld> {
  const world = await anonWorld()
  const api = toApi(
    apiSchema.parse({ list: '/migrations', get: '/migrations/{id}', page: 'page', page_size: 'page_size' }),
  )
  return {
    ...world,
    open: ({ key = KEY, baseUrl = world.url } = {}) =>
      createGenericProvider({
        apiKey: key,
        baseUrl: `${baseUrl}/api/v1`,
        api,
        statusMap: ANON_STATUS_MAP,
      }),
  }
}

async function vernWorld(): Promise<ProviderWorld> {
  const simulator = createVernSimulator({ apiKey: KEY, migrations: 1, arrivalS: 0, peopleS: 0 })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()
  const [migrationId = '', runId = ''] = [...simulator.runs()][0] ?? []
  return {
    simulator,
    url,
    migrationId,
    runId,
    open: ({ key = KEY, baseUrl = `${url}/api/v1` } = {}) => createVernProvider({ apiKey: key, baseUrl }),
  }
}

conforms('anon', anonWorld)
conforms('vern', vernWorld)
// It makes no migrations, and takes a number for the status that it is.
describe('provider generic', () => readsWell('generic', genericWorld, ['wrong_types.status_number']))

import { onTestFinished } from 'vitest'

import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { createVernProvider } from '../../src/providers/vern/client.ts'
import { createSimulator } from '../../src/simulator/server.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { conforms } from './conformance/suite.ts'
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

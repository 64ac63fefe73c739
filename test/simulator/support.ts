import { onTestFinished } from 'vitest'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/server.ts'

export const START = Date.parse('2026-03-04T09:00:00Z')

export interface WireMigration {
  object: string
  id: string
  created: string
  status: string
  created_by_user_id: string
  company_id: string | null
}

/** A running simulator whose time only the test moves. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const clock = { ms: START }
  const simulator = createSimulator({ now: () => clock.ms, history: 0, ...options })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()

  const ask = (path: string, init?: RequestInit) => fetch(`${url}${path}`, { redirect: 'manual', ...init })
  const json = async (path: string): Promise<unknown> => (await ask(path)).json()
  return {
    simulator,
    url,
    ask,
    json,
    list: async (query = '') => (await json(`/api/v1/migrations${query}`)) as WireMigration[],
    get: async (id: string) => (await json(`/api/v1/migrations/${id}`)) as WireMigration,
    control: (path: string, body: unknown) =>
      ask(`/_simulator/${path}`, { method: 'POST', body: JSON.stringify(body) }),
    passSeconds: (seconds: number) => {
      clock.ms += seconds * 1000
    },
  }
}

/** Lives `m0`, `m1`, … each created one second after the one before, the last one at second `lastS`. */
export function plainLives(count: number, lastS = 0) {
  return Array.from({ length: count }, (_, index) => ({
    id: `m${index}`,
    createdS: lastS - (count - 1 - index),
    changes: [],
  }))
}

export function idsOf(migrations: readonly { id: string }[]): string[] {
  return migrations.map(({ id }) => id)
}

import { randomBytes } from 'node:crypto'

import type { AccountConfig, Config } from '../../config/config.ts'
import { ROLES } from '../../config/config.ts'
import { TERMINAL_EVENT_TYPES } from '../../domain/event-type.ts'
import { createSimulator, type Simulator } from '../../simulator/server.ts'

export const ACCOUNT = 'demo'
/** What the daemon may ask of the provider. */
export const BUDGET = { requestsPerSecond: 5, burst: 10 } as const
const API_KEY = 'a-key-for-the-demo'

const SPEED = 30
const ALIVE_AT_START = 12
const PER_MINUTE = 10
/** After so long nothing new appears. */
const HOURS = 2
const ARRIVING = HOURS * 60 * PER_MINUTE

/** A provider on which lives take about half a minute, and which is not always in good order. */
export function createDemoProvider(): Simulator {
  return createSimulator({
    seed: 7,
    migrations: ALIVE_AT_START + ARRIVING,
    aliveShare: ALIVE_AT_START / (ALIVE_AT_START + ARRIVING),
    arrivalS: HOURS * 3600 * SPEED,
    typicalLifeS: 20 * SPEED,
    history: 200,
    speed: SPEED,
    apiKey: API_KEY,
    rateLimit: { requestsPerSecond: 8, burst: 16, retryAfter: 'seconds' },
    faults: { '5xx': 0.02 },
  })
}

export interface Places {
  readonly dataDir: string
  readonly providerUrl: string
  readonly webhookUrl: string
  readonly webhookSecret: string
  readonly port: number
}

export function demoConfig({ dataDir, providerUrl, webhookUrl, webhookSecret, port }: Places): Config {
  const account: AccountConfig = {
    name: ACCOUNT,
    provider: 'anon',
    apiKey: API_KEY,
    baseUrl: providerUrl,
    ...BUDGET,
    pageSize: 100,
    sweepEveryMs: 10_000,
    policy: 'adaptive',
    lagGoalMs: 2_000,
    baseline: 'silent',
    statusMap: {},
    overdueAfter: {},
  }
  return {
    databaseUrl: null,
    directDatabaseUrl: null,
    redisUrl: null,
    dataDir,
    accounts: [account],
    hooks: [
      {
        name: 'demo',
        kind: 'webhook',
        url: webhookUrl,
        secrets: [webhookSecret],
        events: TERMINAL_EVENT_TYPES,
        format: 'cloudevents',
      },
    ],
    host: '127.0.0.1',
    port,
    publicUrl: null,
    apiToken: null,
    // Its database is new each time; so may be what encrypts the hooks that somebody adds.
    secretKey: randomBytes(32).toString('base64'),
    roles: new Set(ROLES),
    allowPrivateHooks: true,
    keepMs: { deliveries: null, usage: null },
    logLevel: 'warn',
  }
}

import { pino } from 'pino'

import type { AccountConfig, Config, WebhookConfig } from '../../src/config/config.ts'
import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'

export const HOOK_SECRET = `whsec_${Buffer.from('a secret that only tests may know').toString('base64')}`
export const API_KEY = 'anon_a_key_that_only_tests_may_know'

/** A configuration for a daemon against a simulator, quick enough for tests. */
export function testConfig(change: Partial<Config> & Pick<Config, 'databaseUrl' | 'accounts'>): Config {
  return {
    directDatabaseUrl: null,
    redisUrl: null,
    dataDir: null,
    hooks: [],
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    apiToken: null,
    secretKey: null,
    roles: new Set(['plan', 'poll', 'deliver', 'serve'] as const),
    allowPrivateHooks: true,
    keepMs: { deliveries: null, usage: null },
    logLevel: 'warn',
    ...change,
  }
}

export function testAccount(baseUrl: string, change: Partial<AccountConfig> = {}): AccountConfig {
  return {
    name: 'acme',
    provider: 'anon',
    apiKey: API_KEY,
    baseUrl,
    requestsPerSecond: 60,
    burst: 30,
    pageSize: 25,
    sweepEveryMs: 10_000,
    policy: 'adaptive',
    lagGoalMs: 1_000,
    baseline: 'silent',
    statusMap: {},
    overdueAfter: {},
    ...change,
  }
}

export function testHook(url: string, change: Partial<WebhookConfig> = {}): WebhookConfig {
  const events = TERMINAL_EVENT_TYPES
  return {
    name: 'default',
    kind: 'webhook',
    url,
    secrets: [HOOK_SECRET],
    events,
    format: 'cloudevents',
    ...change,
  }
}

/** Shows the daemon's log with `LANDFALL_TEST_LOG=debug`. */
export const testLog = pino({ level: process.env['LANDFALL_TEST_LOG'] ?? 'silent' })

import { z } from 'zod'

import { PHASES } from '../domain/phase.ts'
import { POLICIES } from '../domain/policy.ts'
import { databaseUrl, host, providerUrl, publicUrl, redisUrl } from './address.ts'
import { api, toApi } from './api-schema.ts'
import { type AccountConfig, type Config, LOG_LEVELS, ROLES } from './config.ts'
import { hook } from './hook-schema.ts'
import { apiKey, apiToken, ingestSecrets, secretKey } from './secrets.ts'
import {
  duration,
  durationOrNever,
  flag,
  headerName,
  lifetime,
  name,
  oneOf,
  positiveNumber,
  wholeNumber,
  wordList,
} from './values.ts'

/** What the configuration may leave unsaid. Vern allows 30 readings a minute. */
const OF_PROVIDER = {
  anon: { baseUrl: 'https://worker.anon.com', requestsPerSecond: 2, keyHeader: undefined },
  vern: { baseUrl: 'https://app.vern.so/api/v1', requestsPerSecond: 0.5, keyHeader: 'x-api-key' },
  generic: { baseUrl: '', requestsPerSecond: 2, keyHeader: undefined },
} as const

const budget = z.object({
  requests_per_second: positiveNumber(1_000).optional(),
  burst: wholeNumber(1, 10_000).default(10),
})

/** Terminal phases are missing on purpose: what has ended cannot be overdue. */
const overdueAfter = z.object({
  pending: durationOrNever('1s', '365d').optional(),
  running: durationOrNever('1s', '365d').optional(),
  needs_input: durationOrNever('1s', '365d').optional(),
  unknown: durationOrNever('1s', '365d').optional(),
})

const account = z.object({
  name: name(),
  provider: oneOf(['anon', 'vern', 'generic']),
  api_key: apiKey(),
  ingest_secret: ingestSecrets().optional(),
  key_header: headerName().optional(),
  api: api.optional(),
  base_url: providerUrl().optional(),
  budget: budget.prefault({}),
  page_size: wholeNumber(1, 1_000).default(100),
  sweep_every: duration('10s', '7d').default(300_000),
  policy: oneOf(POLICIES).default('adaptive'),
  lag_goal: duration('0', '1h').default(15_000),
  baseline: oneOf(['silent', 'emit']).default('silent'),
  status_map: z.record(z.string(), oneOf(PHASES)).default({}),
  overdue_after: overdueAfter.prefault({}),
})

const DAY_MS = 86_400_000

const keep = z.object({
  deliveries: lifetime().default(90 * DAY_MS),
  usage: lifetime().default(400 * DAY_MS),
})

const daemon = z.object({
  database_url: databaseUrl().optional(),
  direct_database_url: databaseUrl().optional(),
  redis_url: redisUrl().optional(),
  data_dir: z.string().optional(),
  accounts: z.array(account.superRefine(needDescription).transform(toAccount)).default([]),
  hooks: z.array(hook).default([]),
  host: host().default('127.0.0.1'),
  port: wholeNumber(0, 65_535).default(4600),
  public_url: publicUrl().optional(),
  api_token: apiToken().optional(),
  secret_key: secretKey().optional(),
  roles: wordList(ROLES).default(ROLES),
  allow_private_hooks: flag().default(false),
  keep: keep.prefault({}),
  log_level: oneOf(LOG_LEVELS).default('info'),
})

export const configSchema = daemon.transform(toConfig)

/** What may also come from a file, named by the same key with `_file` at its end. */
export const SECRET_KEYS = {
  daemon: ['database_url', 'redis_url', 'api_token', 'secret_key'],
  accounts: ['api_key', 'ingest_secret'],
  // What a webhook's receiver knows of its caller is often only the address itself.
  hooks: ['url', 'secret'],
} as const

/** The keys of each mapping of the YAML file. */
export const KNOWN_KEYS = {
  daemon: [...Object.keys(daemon.shape), ...SECRET_KEYS.daemon.map(fileKey)],
  accounts: [...Object.keys(account.shape), ...SECRET_KEYS.accounts.map(fileKey)],
  keep: Object.keys(keep.shape),
  budget: Object.keys(budget.shape),
  api: Object.keys(api.shape),
  overdue_after: Object.keys(overdueAfter.shape),
} satisfies Record<string, readonly string[]>

/** What an account cannot be told, by its provider. */
export const USELESS_KEYS: Readonly<Record<string, readonly string[]>> = {
  anon: ['key_header', 'api'],
  vern: ['page_size', 'sweep_every', 'baseline', 'api'],
  generic: ['key_header'],
}

/** The key that says in which file a secret stands. */
export function fileKey(key: string): string {
  return `${key}_file`
}

/** What a provider without a client of its own has to be told. */
function needDescription(raw: z.output<typeof account>, context: z.RefinementCtx): void {
  if (raw.provider !== 'generic') return
  const need = (key: 'api' | 'base_url', expected: string) =>
    context.addIssue({
      code: 'custom',
      path: [key],
      message: `is not set; expected ${expected} for provider generic`,
    })
  if (raw.api === undefined) need('api', 'the description of the API')
  if (raw.base_url === undefined) need('base_url', 'the address of the API')
}

function toAccount(raw: z.output<typeof account>): AccountConfig {
  const unsaid = OF_PROVIDER[raw.provider]
  const overdue = Object.entries(raw.overdue_after).filter(([, limit]) => limit !== undefined)
  return {
    name: raw.name,
    provider: raw.provider,
    apiKey: raw.api_key,
    baseUrl: raw.base_url ?? unsaid.baseUrl,
    keyHeader: raw.key_header ?? unsaid.keyHeader,
    ingestSecrets: raw.ingest_secret,
    api: raw.api && toApi(raw.api),
    requestsPerSecond: raw.budget.requests_per_second ?? unsaid.requestsPerSecond,
    burst: raw.budget.burst,
    pageSize: raw.page_size,
    sweepEveryMs: raw.sweep_every,
    policy: raw.policy,
    lagGoalMs: raw.lag_goal,
    baseline: raw.baseline,
    statusMap: raw.status_map,
    overdueAfter: Object.fromEntries(overdue),
  }
}

function toConfig(raw: z.output<typeof daemon>): Config {
  return {
    databaseUrl: raw.database_url ?? null,
    directDatabaseUrl: raw.direct_database_url ?? null,
    redisUrl: raw.redis_url ?? null,
    dataDir: raw.data_dir ?? null,
    accounts: raw.accounts,
    hooks: raw.hooks,
    host: raw.host,
    port: raw.port,
    publicUrl: raw.public_url ?? null,
    apiToken: raw.api_token ?? null,
    secretKey: raw.secret_key ?? null,
    roles: new Set(raw.roles),
    allowPrivateHooks: raw.allow_private_hooks,
    keepMs: raw.keep,
    logLevel: raw.log_level,
  }
}

import { formatDuration } from '../domain/duration.ts'
import type { AccountConfig, Config, HookConfig } from './config.ts'

/** What the first log line tells: every setting, but of a secret only whether it is set. */
export function summarizeConfig(config: Config): Record<string, unknown> {
  return {
    database: config.databaseUrl === null ? 'embedded' : withoutSecrets(config.databaseUrl),
    queue: config.redisUrl === null ? 'postgres' : withoutSecrets(config.redisUrl),
    dataDir: config.dataDir ?? 'default',
    accounts: config.accounts.map(summarizeAccount),
    hooks: config.hooks.map(summarizeHook),
    host: config.host,
    port: config.port,
    publicUrl: config.publicUrl ?? 'not set',
    apiToken: setOrNot(config.apiToken),
    secretKey: setOrNot(config.secretKey),
    roles: [...config.roles],
    allowPrivateHooks: config.allowPrivateHooks,
    keep: { deliveries: keptFor(config.keepMs.deliveries), usage: keptFor(config.keepMs.usage) },
    logLevel: config.logLevel,
  }
}

function keptFor(ms: number | null): string {
  return ms === null ? 'forever' : formatDuration(ms)
}

function summarizeAccount({
  name,
  apiKey,
  ingestSecrets,
  sweepEveryMs,
  lagGoalMs,
  overdueAfter,
  ...plain
}: AccountConfig) {
  const overdue = Object.entries(overdueAfter).map(([phase, limit]) => [
    phase,
    limit === 'never' ? limit : formatDuration(limit),
  ])
  return {
    account: name,
    ...plain,
    apiKey: setOrNot(apiKey),
    ingestSecret: setOrNot(ingestSecrets?.[0] ?? null),
    sweepEvery: formatDuration(sweepEveryMs),
    lagGoal: formatDuration(lagGoalMs),
    overdueAfter: Object.fromEntries(overdue),
  }
}

/** The path of a hook's URL is often its only protection, so not even that is told. */
function summarizeHook({ name, ...rest }: HookConfig) {
  switch (rest.kind) {
    case 'webhook': {
      const { url, secrets, ...plain } = rest
      return { hook: name, ...plain, url: new URL(url).origin, secret: 'set' }
    }
    case 'slack':
      return { hook: name, ...rest, url: new URL(rest.url).origin }
    case 'command': {
      const { command, timeoutMs, ...plain } = rest
      return { hook: name, ...plain, program: command[0], timeout: formatDuration(timeoutMs) }
    }
    case 'queue':
    case 'jsonl':
      return { hook: name, ...rest }
    default:
      return rest satisfies never
  }
}

function setOrNot(secret: string | null): 'set' | 'not set' {
  return secret === null ? 'not set' : 'set'
}

/** Scheme, user name, host, port and path. */
function withoutSecrets(text: string): string {
  const url = URL.parse(text.replace('@/', '@localhost/'))
  if (url === null) return 'set'
  const user = url.username === '' ? '' : `${url.username}@`
  return `${url.protocol}//${user}${url.host}${url.pathname}`
}

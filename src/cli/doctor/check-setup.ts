import type { Config } from '../../config/config.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { isLoopback } from '../../runtime/loopback.ts'
import { type Finding, ok, problem, warn } from './finding.ts'

/** As package.json has it. */
const OLDEST_NODE = '22.19'

export function checkNode(version: string): Finding {
  if (version.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0) return ok('node', version)
  const advice = 'Start it with npm start, which brings a newer Node along, or install one.'
  return problem('node', `${version}; ${OLDEST_NODE} or newer is needed`, advice)
}

export function checkConfig(loaded: LoadedConfig): Finding[] {
  if (loaded.kind === 'invalid') {
    return loaded.problems.map(({ where, message }) =>
      problem('configuration', `${where} ${message}`, 'Correct it; the daemon does not start with it.'),
    )
  }
  const { config } = loaded
  const found = [`${config.accounts.length} account(s)`, `${config.hooks.length} hook(s)`].join(', ')
  const shared = [...checkSecrets(config), ...checkAccess(config)]
  if (config.accounts.length > 0) return [ok('configuration', found), ...shared]
  return [
    warn('configuration', 'no account', 'Set ANON_API_KEY, or list accounts in landfall.yaml.'),
    ...shared,
  ]
}

/** Whom a proxy on this machine lets in looks as if on this machine. */
function checkAccess({ publicUrl, apiToken }: Config): Finding[] {
  if (publicUrl === null || apiToken !== null || isLoopback(new URL(publicUrl).hostname)) return []
  const advice = 'Set LANDFALL_API_TOKEN, unless tokens are stored (landfall tokens list).'
  return [warn('access', `${publicUrl} leads here, and LANDFALL_API_TOKEN is not set`, advice)]
}

/** Whoever receives for one hook could forge what the other is sent. */
function checkSecrets({ hooks }: Config): Finding[] {
  const owners = new Map<string, string>()
  const pairs = hooks.flatMap((hook) => {
    if (hook.kind !== 'webhook') return []
    const other = hook.secrets.map((secret) => owners.get(secret)).find((name) => name !== undefined)
    for (const secret of hook.secrets) owners.set(secret, hook.name)
    return other === undefined ? [] : [`${other} and ${hook.name}`]
  })
  if (pairs.length === 0) return []
  const advice = 'Give each a secret of its own: landfall hooks rotate NAME makes one.'
  return [warn('hooks', `the same secret signs for ${pairs.join(', ')}`, advice)]
}

/** The backend of BullMQ, where it is a Redis. */
export async function checkQueue(config: Config): Promise<Finding[]> {
  if (config.redisUrl === null) return []
  const { checkRedis } = await import('../../queue/check.ts')
  const redis = await checkRedis(config.redisUrl)
  if (redis.ok) {
    const { version, evictionPolicy } = redis
    if (evictionPolicy === null || evictionPolicy === 'noeviction') return [ok('queue', `Redis ${version}`)]
    const advice = 'Set maxmemory-policy noeviction: jobs that Redis evicts are planned again, late.'
    return [warn('queue', `Redis ${version} evicts keys when its memory is full (${evictionPolicy})`, advice)]
  }
  const advice = 'Check that it runs, and REDIS_URL; without REDIS_URL the queue stands on Postgres.'
  return [problem('queue', `Redis is of no use: ${redis.problem}`, advice)]
}

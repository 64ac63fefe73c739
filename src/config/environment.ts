import type { Problem } from './problem.ts'
import { nearest } from './suggest.ts'

/** What a variable speaks about: the daemon, the accounts named `anon` and `vern`, the hook named `default`. */
export type Subject = 'daemon' | 'anon' | 'vern' | 'webhook'

export interface Variable {
  readonly name: string
  readonly subject: Subject
  /** The YAML key of the same meaning within its subject; the schema there is the variable's parser. */
  readonly key: readonly string[]
  /** In words, for readers. */
  readonly default: string
  readonly meaning: string
  /** A secret X may also come from the file that X_FILE names. */
  readonly secret: boolean
}

type Row = readonly [name: string, key: string, byDefault: string, meaning: string]

const rows = (subject: Subject, secret: boolean, table: readonly Row[]): Variable[] =>
  table.map(([name, key, byDefault, meaning]) => {
    return { name, subject, key: key.split('.'), default: byDefault, meaning, secret }
  })

/** The only variable that says where to find the others' YAML twins, so it has none itself. */
export const CONFIG_VARIABLE = 'LANDFALL_CONFIG'

export const VARIABLES: readonly Variable[] = [
  ...rows('daemon', true, [
    ['DATABASE_URL', 'database_url', 'embedded', 'PostgreSQL 14 or newer, the source of truth'],
    [
      'LANDFALL_DIRECT_DATABASE_URL',
      'direct_database_url',
      'DATABASE_URL',
      'leads past a pooler in transaction mode, for what needs a session',
    ],
    ['REDIS_URL', 'redis_url', 'the same Postgres', "BullMQ's backend"],
    ['LANDFALL_API_TOKEN', 'api_token', 'none', 'bearer token; needed to bind anything but loopback'],
    ['LANDFALL_SECRET_KEY', 'secret_key', 'none', 'encrypts the hooks that stand in the database'],
  ]),
  ...rows('daemon', false, [
    ['LANDFALL_DATA_DIR', 'data_dir', '.landfall', 'folder of the embedded data'],
    ['LANDFALL_HOST', 'host', '127.0.0.1', 'address of API, page and metrics'],
    [
      'LANDFALL_PUBLIC_URL',
      'public_url',
      'none',
      'where people reach the page; used in links, and accepted as Host and Origin',
    ],
    ['LANDFALL_PORT', 'port', '4600', 'port of API, page and metrics'],
    ['LANDFALL_ROLES', 'roles', 'plan,poll,deliver,serve', 'which parts this process runs'],
    ['LANDFALL_ALLOW_PRIVATE_HOOKS', 'allow_private_hooks', 'false', 'allow hooks on private addresses'],
    [
      'LANDFALL_KEEP_DELIVERIES',
      'keep.deliveries',
      '90d',
      'how long deliveries that arrived are kept; or forever',
    ],
    [
      'LANDFALL_KEEP_USAGE',
      'keep.usage',
      '400d',
      'how long the hourly counts of requests are kept; or forever',
    ],
    ['LOG_LEVEL', 'log_level', 'info', 'least severe log lines to write'],
  ]),
  ...rows('anon', true, [
    ['ANON_API_KEY', 'api_key', 'none', 'API key of the account `anon`'],
    ['ANON_INGEST_SECRET', 'ingest_secret', 'none', 'what Anon signs its webhooks with'],
  ]),
  ...rows('anon', false, [
    ['ANON_BASE_URL', 'base_url', 'https://worker.anon.com', "the provider's address"],
    ['ANON_REQUESTS_PER_SECOND', 'budget.requests_per_second', '2', 'requests per second it may spend'],
    ['ANON_BURST', 'budget.burst', '10', 'requests it may spend at once'],
    ['ANON_PAGE_SIZE', 'page_size', '100', 'migrations asked for per list page'],
    ['ANON_SWEEP_EVERY', 'sweep_every', '5m', 'time between walks over all list pages'],
    ['ANON_POLICY', 'policy', 'adaptive', 'how requests are chosen: adaptive, backoff or fixed'],
    ['ANON_LAG_GOAL', 'lag_goal', '15s', 'mean detection delay that is good enough; 0 spends all'],
  ]),
  ...rows('vern', true, [['VERN_API_KEY', 'api_key', 'none', 'API key of the account `vern`']]),
  ...rows('vern', false, [
    ['VERN_BASE_URL', 'base_url', 'https://app.vern.so/api/v1', "the provider's address"],
    ['VERN_KEY_HEADER', 'key_header', 'x-api-key', 'the header that carries the key'],
    ['VERN_REQUESTS_PER_SECOND', 'budget.requests_per_second', '0.5', 'requests per second it may spend'],
    ['VERN_BURST', 'budget.burst', '10', 'requests it may spend at once'],
    ['VERN_POLICY', 'policy', 'adaptive', 'how requests are chosen: adaptive, backoff or fixed'],
    ['VERN_LAG_GOAL', 'lag_goal', '15s', 'mean detection delay that is good enough; 0 spends all'],
  ]),
  ...rows('webhook', true, [
    ['LANDFALL_WEBHOOK_URL', 'url', 'none', 'a hook named `default` for the terminal events'],
    ['LANDFALL_WEBHOOK_SECRET', 'secret', 'none', "signs that hook's requests"],
  ]),
]

/** One variable that is set. */
export interface Setting {
  readonly variable: Variable
  /** As the user wrote it: the variable's name, or that with `_FILE`. */
  readonly name: string
  /** The value, or the path of the file that holds it. */
  readonly text: string
  readonly isFile: boolean
}

export type Env = Readonly<Record<string, string | undefined>>

/** All settings of the environment; empty ones count as not set. */
export function readEnvironment(env: Env): { settings: Setting[]; problems: Problem[] } {
  const problems = Object.keys(env)
    .filter((name) => textOf(env, name) !== null)
    .flatMap((name) => problemOfName(name, textOf(env, name) ?? ''))
  const settings = VARIABLES.flatMap((variable) => readVariable(env, variable, problems))
  return { settings, problems }
}

/** The trimmed value; null where it is not set. */
export function textOf(env: Env, name: string): string | null {
  return env[name]?.trim() || null
}

function readVariable(env: Env, variable: Variable, problems: Problem[]): Setting[] {
  const { name } = variable
  const fileName = `${name}_FILE`
  const text = textOf(env, name)
  const path = variable.secret ? textOf(env, fileName) : null
  if (text !== null && path !== null) {
    problems.push({ where: name, message: `is set, and so is ${fileName}; expected only one of them` })
  }
  if (text !== null && !isServiceLink(name, text)) return [{ variable, name, text, isFile: false }]
  return path === null ? [] : [{ variable, name: fileName, text: path, isFile: true }]
}

const KNOWN = [
  CONFIG_VARIABLE,
  ...VARIABLES.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
]

function problemOfName(name: string, text: string): Problem[] {
  if (!/^(LANDFALL|ANON|VERN)_/.test(name) || KNOWN.includes(name) || isServiceLink(name, text)) return []
  const meant = nearest(name, KNOWN)
  return [
    { where: name, message: `is not a known variable${meant === null ? '' : `; did you mean ${meant}?`}` },
  ]
}

/**
 * Kubernetes adds LANDFALL_PORT=tcp://…, LANDFALL_SERVICE_HOST and more to every pod beside a Service named
 * `landfall` (or `anon`). Nobody wrote those for us.
 */
function isServiceLink(name: string, text: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text))
  )
}

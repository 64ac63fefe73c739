import { describe, expect, test } from 'vitest'

import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { type Env, KEY, loaded, WEBHOOK, WEBHOOK_SECRET, yaml } from './sources.ts'

const DAY_MS = 86_400_000

describe('defaults', () => {
  test('nothing configured is a daemon on loopback, all embedded, with nothing to track', () => {
    expect(loaded()).toEqual({
      databaseUrl: null,
      directDatabaseUrl: null,
      redisUrl: null,
      dataDir: null,
      accounts: [],
      hooks: [],
      host: '127.0.0.1',
      port: 4600,
      publicUrl: null,
      apiToken: null,
      secretKey: null,
      roles: new Set(['plan', 'poll', 'deliver', 'serve']),
      allowPrivateHooks: false,
      keepMs: { deliveries: 90 * DAY_MS, usage: 400 * DAY_MS },
      logLevel: 'info',
    })
  })

  test('a key alone is an account at the provider itself', () => {
    expect(loaded({ ANON_API_KEY: KEY }).accounts).toEqual([
      {
        name: 'anon',
        provider: 'anon',
        apiKey: KEY,
        baseUrl: 'https://worker.anon.com',
        requestsPerSecond: 2,
        burst: 10,
        pageSize: 100,
        sweepEveryMs: 300_000,
        policy: 'adaptive',
        lagGoalMs: 15_000,
        baseline: 'silent',
        statusMap: {},
        overdueAfter: {},
      },
    ])
  })

  test('a webhook address and its secret are a hook for the terminal events', () => {
    expect(loaded(WEBHOOK).hooks).toEqual([
      {
        name: 'default',
        kind: 'webhook',
        url: 'https://hooks.example.test/in/x?t=1',
        secrets: [WEBHOOK_SECRET],
        events: TERMINAL_EVENT_TYPES,
        format: 'cloudevents',
      },
    ])
  })
})

describe('the environment', () => {
  test('says everything it has a variable for', () => {
    const config = loaded({
      DATABASE_URL: 'postgres://u:p@db/landfall',
      REDIS_URL: 'rediss://:p@cache:6380/2',
      LANDFALL_DATA_DIR: 'data',
      ANON_API_KEY: KEY,
      ANON_BASE_URL: 'http://127.0.0.1:4700/anon/',
      ANON_REQUESTS_PER_SECOND: '0.5',
      ANON_BURST: '3',
      ANON_PAGE_SIZE: '50',
      ANON_SWEEP_EVERY: '1.5h',
      LANDFALL_HOST: '0.0.0.0',
      LANDFALL_PORT: '0',
      LANDFALL_PUBLIC_URL: 'https://Ops.example.com/landfall/',
      LANDFALL_API_TOKEN: 'correct-horse-battery',
      LANDFALL_ROLES: 'plan, serve,plan',
      LANDFALL_ALLOW_PRIVATE_HOOKS: 'TRUE',
      LANDFALL_KEEP_DELIVERIES: 'forever',
      LANDFALL_KEEP_USAGE: '0',
      LOG_LEVEL: 'silent',
    })

    expect(config).toMatchObject({
      databaseUrl: 'postgres://u:p@db/landfall',
      directDatabaseUrl: null,
      redisUrl: 'rediss://:p@cache:6380/2',
      dataDir: '/srv/landfall/data',
      host: '0.0.0.0',
      port: 0,
      publicUrl: 'https://ops.example.com/landfall',
      apiToken: 'correct-horse-battery',
      roles: new Set(['plan', 'serve']),
      allowPrivateHooks: true,
      keepMs: { deliveries: null, usage: null },
      logLevel: 'silent',
    })
    expect(config.accounts[0]).toMatchObject({
      baseUrl: 'http://127.0.0.1:4700/anon',
      requestsPerSecond: 0.5,
      burst: 3,
      pageSize: 50,
      sweepEveryMs: 5_400_000,
    })
  })

  test('that is empty or blank says nothing', () => {
    const blank: Env = {
      ANON_API_KEY: '',
      LANDFALL_PORT: '  ',
      LANDFALL_API_TOKEN: '',
      LANDFALL_TYPO: '',
      VERN_API_KEY: '',
    }

    expect(loaded(blank)).toEqual(loaded())
  })

  test('may hold variables of others', () => {
    expect(
      loaded({ NO_COLOR: '1', OTEL_SERVICE_NAME: 'x', PATH: '/bin', ANONYMOUS: 'x', PORT: 'x' }),
    ).toEqual(loaded())
  })

  test('may hold what Kubernetes adds for a Service named landfall', () => {
    const links = {
      LANDFALL_PORT: 'tcp://10.0.0.7:4600',
      LANDFALL_SERVICE_HOST: '10.0.0.7',
      LANDFALL_SERVICE_PORT: '4600',
      LANDFALL_SERVICE_PORT_HTTP: '4600',
      LANDFALL_PORT_4600_TCP: 'tcp://10.0.0.7:4600',
      LANDFALL_PORT_4600_TCP_ADDR: '10.0.0.7',
      LANDFALL_REDIS_PORT: 'tcp://10.0.0.8:6379',
    }

    expect(loaded(links)).toEqual(loaded())
  })
})

describe('the YAML file', () => {
  const everything = yaml(`
database_url: postgresql://u@db/landfall
redis_url: redis://cache
data_dir: ./data
host: "::1"
port: 4601
public_url: http://ops.example.test:8080
api_token: correct-horse-battery
secret_key: BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=
roles: [poll]
allow_private_hooks: true
keep: { deliveries: 30d, usage: 1h }
log_level: debug
accounts:
  - name: acme
    provider: anon
    api_key: ${KEY}
    base_url: https://anon.example.test
    budget: { requests_per_second: 2.5, burst: 4 }
    page_size: 20
    sweep_every: 10s
    policy: fixed
    lag_goal: 0
    baseline: emit
    status_map: { ON_HOLD: needs_input, constructor: failed }
    overdue_after: { running: 2d, needs_input: 1h, unknown: never }
  - name: beta
    provider: anon
    api_key: other-key
hooks:
  - name: ops
    url: http://127.0.0.1:9000/in
    secret: [${WEBHOOK_SECRET}, "whsec_${Buffer.alloc(32).toString('base64')}"]
    events: [migration.overdue, account.suspended]
    format: standard
`)

  test('says everything the daemon can be told', () => {
    expect(loaded({}, everything)).toEqual({
      databaseUrl: 'postgresql://u@db/landfall',
      directDatabaseUrl: null,
      redisUrl: 'redis://cache',
      dataDir: '/srv/landfall/data',
      accounts: [
        {
          name: 'acme',
          provider: 'anon',
          apiKey: KEY,
          baseUrl: 'https://anon.example.test',
          requestsPerSecond: 2.5,
          burst: 4,
          pageSize: 20,
          sweepEveryMs: 10_000,
          policy: 'fixed',
          lagGoalMs: 0,
          baseline: 'emit',
          statusMap: { ON_HOLD: 'needs_input', constructor: 'failed' },
          overdueAfter: { running: 172_800_000, needs_input: 3_600_000, unknown: 'never' },
        },
        expect.objectContaining({ name: 'beta', apiKey: 'other-key', burst: 10 }),
      ],
      hooks: [
        {
          name: 'ops',
          kind: 'webhook',
          url: 'http://127.0.0.1:9000/in',
          secrets: [WEBHOOK_SECRET, expect.stringMatching(/^whsec_/)],
          events: ['migration.overdue', 'account.suspended'],
          format: 'standard',
        },
      ],
      host: '::1',
      port: 4601,
      publicUrl: 'http://ops.example.test:8080',
      secretKey: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
      apiToken: 'correct-horse-battery',
      roles: new Set(['poll']),
      allowPrivateHooks: true,
      keepMs: { deliveries: 30 * DAY_MS, usage: 3_600_000 },
      logLevel: 'debug',
    })
  })

  test('may be empty, hold only comments, or keys without values', () => {
    for (const text of ['', '# nothing yet\n', 'accounts:\nhost:\nport: ""\nhooks: []\n']) {
      expect(loaded({}, yaml(text))).toEqual(loaded())
    }
  })

  test('may lie elsewhere, and paths in it are relative to its own folder', () => {
    const files = {
      '/etc/landfall/prod.yaml': 'data_dir: state\napi_token_file: token',
      '/etc/landfall/token': 'x'.repeat(16),
    }

    const config = loaded({ LANDFALL_CONFIG: '/etc/landfall/prod.yaml' }, files)

    expect(config).toMatchObject({ dataDir: '/etc/landfall/state', apiToken: 'x'.repeat(16) })
  })

  test('may repeat itself with an anchor', () => {
    const text = `accounts:
  - { name: a, provider: anon, api_key: k, budget: &small { burst: 1 } }
  - { name: b, provider: anon, api_key: k, budget: *small }`

    expect(loaded({}, yaml(text)).accounts.map(({ burst }) => burst)).toEqual([1, 1])
  })
})

describe('environment and YAML together', () => {
  test('the environment wins over the same setting in YAML', () => {
    const config = loaded(
      { LANDFALL_PORT: '5000', LOG_LEVEL: 'warn' },
      yaml('port: 6000\nlog_level: 7\nhost: "::1"'),
    )

    expect(config).toMatchObject({ port: 5000, logLevel: 'warn', host: '::1' })
  })

  test('variables of the account anon change the YAML account of that name, field by field', () => {
    const text = `accounts:
  - { name: acme, provider: anon, api_key: k }
  - { name: anon, provider: anon, api_key_file: gone, page_size: 7, budget: { burst: 5 } }`

    const { accounts } = loaded({ ANON_API_KEY: KEY, ANON_REQUESTS_PER_SECOND: '9' }, yaml(text))

    expect(accounts.map(({ name }) => name)).toEqual(['acme', 'anon'])
    expect(accounts[1]).toMatchObject({ apiKey: KEY, pageSize: 7, burst: 5, requestsPerSecond: 9 })
  })

  test('what two YAML accounts share through an anchor is changed in one of them only', () => {
    const text = `accounts:
  - { name: a, provider: anon, api_key: k, budget: &small { burst: 1 } }
  - { name: anon, provider: anon, api_key: k, budget: *small }`

    expect(loaded({ ANON_BURST: '8' }, yaml(text)).accounts.map(({ burst }) => burst)).toEqual([1, 8])
  })

  test('an account and a hook of the environment stand beside those of YAML', () => {
    const text = `accounts: [{ name: acme, provider: anon, api_key: k }]
hooks: [{ name: ops, url: "https://x.test", secret: "${WEBHOOK_SECRET}" }]`

    const config = loaded({ ANON_API_KEY: KEY, ...WEBHOOK }, yaml(text))

    expect(config.accounts.map(({ name }) => name)).toEqual(['acme', 'anon'])
    expect(config.hooks.map(({ name }) => name)).toEqual(['ops', 'default'])
  })
})

describe('the value', () => {
  test('cannot be changed', () => {
    const config = loaded({ ANON_API_KEY: KEY, ...WEBHOOK })

    for (const part of [
      config,
      config.accounts,
      config.accounts[0],
      config.hooks[0]?.events,
      config.hooks[0]?.kind === 'webhook' && config.hooks[0].secrets,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})

test('every kind of hook has its own settings', () => {
  const text = `
hooks:
  - { name: w, url: https://a.test/w, secret: ${WEBHOOK_SECRET} }
  - { name: s, kind: slack, url: https://a.test/s, link: "https://b.test/{account}/{migration_id}" }
  - { name: c, kind: command, command: [/bin/notify, --loud], timeout: 3s, events: [migration.failed] }
  - { name: q, kind: queue, queue: landings, format: standard }
  - { name: j, kind: jsonl, path: events.jsonl }
`
  const { hooks } = loaded({ ANON_API_KEY: KEY }, yaml(text))

  expect(hooks.map(({ events, ...rest }) => [events.length, rest])).toEqual([
    [
      4,
      {
        name: 'w',
        kind: 'webhook',
        url: 'https://a.test/w',
        secrets: [WEBHOOK_SECRET],
        format: 'cloudevents',
      },
    ],
    [
      4,
      { name: 's', kind: 'slack', url: 'https://a.test/s', link: 'https://b.test/{account}/{migration_id}' },
    ],
    [
      1,
      {
        name: 'c',
        kind: 'command',
        command: ['/bin/notify', '--loud'],
        timeoutMs: 3_000,
        format: 'cloudevents',
      },
    ],
    [4, { name: 'q', kind: 'queue', queue: 'landings', format: 'standard' }],
    [
      4,
      { name: 'j', kind: 'jsonl', path: expect.stringMatching(/^\/.*events\.jsonl$/), format: 'cloudevents' },
    ],
  ])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Config } from '../../src/config/config.ts'
import { missingAccounts } from '../../src/config/missing-accounts.ts'
import { summarizeConfig } from '../../src/config/summary.ts'
import {
  complaints,
  type Env,
  type Files,
  failure,
  KEY,
  load,
  loaded,
  WEBHOOK,
  WEBHOOK_SECRET,
  yaml,
} from './sources.ts'

const SECRETS = {
  DATABASE_URL: 'postgres://u:p@db/x',
  REDIS_URL: 'redis://:p@cache',
  ANON_API_KEY: KEY,
  LANDFALL_API_TOKEN: 'correct-horse-battery',
  LANDFALL_SECRET_KEY: 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
  ...WEBHOOK,
}

const withoutFile = ({ accounts, ...rest }: Config) => ({
  ...rest,
  accounts: accounts.map(({ apiKeyFile: _, ...account }) => account),
})

describe('a secret file', () => {
  test.each(Object.keys(SECRETS))('can hold %s', (name) => {
    const { [name]: text = '', ...others }: Env = SECRETS
    const files = { '/run/secrets/it': `\n  ${text}\r\n` }

    const config = loaded({ ...others, [`${name}_FILE`]: '/run/secrets/it' }, files)
    expect(withoutFile(config)).toEqual(loaded(SECRETS))
    // It may get another key while the daemon runs.
    expect(config.accounts[0]?.apiKeyFile).toBe(name === 'ANON_API_KEY' ? '/run/secrets/it' : undefined)
  })

  test('can be named in YAML', () => {
    const text = `database_url_file: db
redis_url_file: redis
api_token_file: token
secret_key_file: sealing
accounts: [{ name: anon, provider: anon, api_key_file: key }]
hooks: [{ name: default, url_file: url, secret_file: secret }]`
    const files: Files = {
      ...yaml(text),
      db: SECRETS.DATABASE_URL,
      redis: SECRETS.REDIS_URL,
      token: SECRETS.LANDFALL_API_TOKEN,
      sealing: SECRETS.LANDFALL_SECRET_KEY,
      key: KEY,
      url: WEBHOOK.LANDFALL_WEBHOOK_URL,
      secret: WEBHOOK_SECRET,
    }

    expect(withoutFile(loaded({}, files))).toEqual(loaded(SECRETS))
  })

  test('of the environment wins over a secret in YAML, and the other way round', () => {
    const inYaml = yaml('api_token: correct-horse-battery')
    const fileInYaml = yaml('api_token_file: gone')

    expect(loaded({ LANDFALL_API_TOKEN_FILE: 't' }, { ...inYaml, t: 'x'.repeat(20) }).apiToken).toBe(
      'x'.repeat(20),
    )
    expect(loaded({ LANDFALL_API_TOKEN: 'y'.repeat(20) }, fileInYaml).apiToken).toBe('y'.repeat(20))
  })

  test('beside the secret itself is a problem', () => {
    expect(complaints({ ANON_API_KEY: KEY, ANON_API_KEY_FILE: 'k' }, { k: KEY })).toEqual([
      'ANON_API_KEY is set, and so is ANON_API_KEY_FILE; expected only one of them',
    ])
    expect(
      complaints({}, { ...yaml('api_token: correct-horse-battery\napi_token_file: t'), t: 'x' }),
    ).toEqual([
      'api_token (landfall.yaml line 1) is set, and so is api_token_file (landfall.yaml line 2); expected only one of them',
    ])
  })

  test.each([
    [failure('ENOENT'), 'does not exist'],
    [failure('EACCES'), 'this user may not read'],
    [failure('EISDIR'), 'is a folder; expected a file'],
    [failure('EIO'), 'cannot be read (EIO)'],
    [' \n', 'is empty; expected the secret in it'],
  ])('that is no use is one problem with the variable and the path (%s)', (contents, reason) => {
    expect(complaints({ ANON_API_KEY_FILE: '/run/k' }, { '/run/k': contents })).toEqual([
      `ANON_API_KEY_FILE names /run/k, which ${reason}`,
    ])
    expect(complaints({}, { ...yaml('api_token_file: /run/k'), '/run/k': contents })).toEqual([
      `api_token_file (landfall.yaml line 1) names /run/k, which ${reason}`,
    ])
  })

  test('with a secret of the wrong form is a problem with the variable and the path', () => {
    expect(complaints({ LANDFALL_API_TOKEN_FILE: '/run/t' }, { '/run/t': 'short' })).toEqual([
      expect.stringMatching(
        /^LANDFALL_API_TOKEN_FILE \(the contents of \/run\/t\) is a text of 5 characters; expected/,
      ),
    ])
  })

  test('is named by a text', () => {
    expect(complaints({}, yaml('api_token_file: [a]'))).toEqual([
      'api_token_file (landfall.yaml line 1) is a list; expected the path of a file',
    ])
  })
})

/** Recognizable wherever it turns up, in whole or in a large part, and a mistake almost everywhere. */
const marks = fc.stringMatching(/^Zq[a-z]{6}[#%@:/ $"'*&!|>{},[\]\\-]{0,3}Xj[a-z]{6}$/)

const decorated = fc
  .tuple(
    fc.constantFrom('', 'whsec_', 'whsk_', 'anon_', 'postgres://u:', 'http://', 'https://a:', 'redis://:'),
    marks,
  )
  .chain(([before, mark]) =>
    fc
      .constantFrom('', '@db:5432/x', '@', '==', '?x=1', '\n')
      .map((after) => ({ mark, text: `${before}${mark}${after}` })),
  )

function expectNoTrace(output: string, mark: string) {
  expect(output).not.toContain(mark.slice(0, 8))
  expect(output).not.toContain(mark.slice(-8))
}

describe('no message ever contains a secret', () => {
  const names = fc.constantFrom(
    ...Object.keys(SECRETS),
    'VERN_API_KEY',
    'LANDFALL_TOKEN',
    'ANON_KEY',
    'ANON_BASE_URL',
  )

  test('from a variable or a file', () => {
    fc.assert(
      fc.property(names, decorated, fc.boolean(), (name, { mark, text }, asFile) => {
        const env: Env = asFile ? { [`${name}_FILE`]: '/run/it' } : { [name]: text }
        const result = load({ LANDFALL_PORT: 'x', ...env }, { '/run/it': text })

        expect(result.kind).toBe('invalid')
        expectNoTrace(JSON.stringify(result), mark)
      }),
      { numRuns: 500 },
    )
  })

  test('from YAML, well formed or not', () => {
    const templates: ((text: string) => string)[] = [
      (text) => `api_token: ${text}`,
      (text) => `api_token:${text}`,
      (text) => `api_token: "${text}`,
      (text) => `api_token: *${text}`,
      (text) => `api_token: !${text} x`,
      (text) => `api_token: { ${text} }`,
      (text) => `database_url: ${JSON.stringify(text)}`,
      (text) => `redis_url: ${JSON.stringify([text])}`,
      (text) =>
        `accounts: [{ name: a, provider: anon, api_key: ${JSON.stringify(text)}, base_url: ${JSON.stringify(text)} }]`,
      (text) => `accounts: [{ name: a, provider: anon, api_key: { key: ${JSON.stringify(text)} } }]`,
      (text) => `hooks: [{ name: h, url: ${JSON.stringify(text)}, secret: ${JSON.stringify(text)} }]`,
      (text) => `hooks:\n  - secret: [${text}, 5]`,
      (text) => `hooks:\n  - secret:\n${text}: x`,
      (text) => text,
    ]

    fc.assert(
      fc.property(fc.constantFrom(...templates), decorated, (template, { mark, text }) => {
        const result = load({ LANDFALL_PORT: 'x' }, yaml(template(text)))

        expect(result.kind).toBe('invalid')
        expectNoTrace(JSON.stringify(result), mark)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the summary', () => {
  test('tells every setting, and of secrets only whether they are set', () => {
    const summary = summarizeConfig(
      loaded({
        ...SECRETS,
        DATABASE_URL: 'postgres://u:p@db:5433/x?sslpassword=q',
        ANON_SWEEP_EVERY: '90s',
        LANDFALL_KEEP_USAGE: 'forever',
      }),
    )

    expect(summary).toEqual({
      database: 'postgres://u@db:5433/x',
      queue: 'redis://cache',
      dataDir: 'default',
      accounts: [
        {
          account: 'anon',
          provider: 'anon',
          apiKey: 'set',
          ingestSecret: 'not set',
          baseUrl: 'https://worker.anon.com',
          requestsPerSecond: 2,
          burst: 10,
          pageSize: 100,
          sweepEvery: '1 min 30 s',
          policy: 'adaptive',
          lagGoal: '15 s',
          baseline: 'silent',
          statusMap: {},
          overdueAfter: {},
        },
      ],
      hooks: [
        {
          hook: 'default',
          kind: 'webhook',
          url: 'https://hooks.example.test',
          secret: 'set',
          events: [
            'migration.completed',
            'migration.completed_with_failures',
            'migration.failed',
            'migration.abandoned',
          ],
          format: 'cloudevents',
        },
      ],
      host: '127.0.0.1',
      port: 4600,
      publicUrl: 'not set',
      apiToken: 'set',
      secretKey: 'set',
      roles: ['plan', 'poll', 'deliver', 'serve'],
      allowPrivateHooks: false,
      keep: { deliveries: '90 days', usage: 'forever' },
      logLevel: 'info',
    })
  })

  test('of a daemon with nothing configured names the built-in parts', () => {
    expect(summarizeConfig(loaded())).toMatchObject({
      database: 'embedded',
      queue: 'postgres',
      apiToken: 'not set',
    })
  })

  test('never contains a password, a query, a key or a secret path', () => {
    const word = fc.stringMatching(/^Zq[a-zA-Z0-9._~-]{6}Xj[a-z]{6}$/)

    fc.assert(
      fc.property(word, (mark) => {
        const config = loaded({
          DATABASE_URL: `postgres://u:${mark}@db/x?password=${mark}`,
          REDIS_URL: `rediss://u:${mark}@cache/1?password=${mark}`,
          ANON_API_KEY: mark,
          LANDFALL_API_TOKEN: mark,
          LANDFALL_WEBHOOK_URL: `https://hooks.test/${mark}?token=${mark}#${mark}`,
          LANDFALL_WEBHOOK_SECRET: `whsec_${Buffer.from(mark.repeat(3)).toString('base64')}`,
        })

        expectNoTrace(JSON.stringify(summarizeConfig(config)), mark)
        expect(JSON.stringify(summarizeConfig(config))).not.toContain('whsec_')
      }),
    )
  })
})

describe('no account', () => {
  test('is no problem of the configuration, and has its own message', () => {
    const message = missingAccounts(loaded())

    expect(message).toContain('ANON_API_KEY')
    expect(message).toContain('npm run demo')
    expect(missingAccounts(loaded({ ANON_API_KEY: KEY }))).toBeNull()
  })
})

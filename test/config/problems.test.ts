import { describe, expect, test } from 'vitest'

import { formatProblems } from '../../src/config/problem.ts'
import { complaints, type Env, failure, problemsOf, WEBHOOK, WEBHOOK_SECRET, yaml } from './sources.ts'

describe('settings that only make sense together', () => {
  test('settings of an account without its key name each other', () => {
    expect(complaints({ ANON_BASE_URL: 'https://x.test', ANON_BURST: '1' })).toEqual([
      'ANON_API_KEY is not set, but ANON_BASE_URL, ANON_BURST are; expected the key as the provider shows it, without spaces',
    ])
  })

  test('a webhook must be signed, and the message says how to make a secret', () => {
    const [complaint] = complaints({ LANDFALL_WEBHOOK_URL: 'https://x.test' })

    expect(complaint).toMatch(
      /^LANDFALL_WEBHOOK_SECRET is not set, but LANDFALL_WEBHOOK_URL is; expected whsec_/,
    )
    expect(complaint).toContain('echo "whsec_$(openssl rand -base64 32)"')
  })

  test('a webhook secret alone signs nothing', () => {
    expect(complaints({ LANDFALL_WEBHOOK_SECRET: WEBHOOK_SECRET })).toEqual([
      'LANDFALL_WEBHOOK_URL is not set, but LANDFALL_WEBHOOK_SECRET is; expected an http or https URL without user name and password',
    ])
  })

  test.each(['0.0.0.0', '::', '192.168.1.4', 'landfall.example.test'])(
    'listening on %s needs a token',
    (host) => {
      const [complaint, ...others] = complaints({ LANDFALL_HOST: host })

      expect(others).toEqual([])
      expect(complaint).toMatch(/^LANDFALL_API_TOKEN is not set, but LANDFALL_HOST is not a loopback address/)
      expect(complaints({ LANDFALL_HOST: host, LANDFALL_API_TOKEN: 'correct-horse-battery' })).toEqual([])
    },
  )

  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])('listening on %s needs none', (host) => {
    expect(complaints({ LANDFALL_HOST: host })).toEqual([])
  })
})

describe('names that nobody knows', () => {
  test.each([
    ['LANDFALL_PROT', 'LANDFALL_PORT'],
    ['LANDFALL_TOKEN', 'LANDFALL_API_TOKEN'],
    ['LANDFALL_WEBHOOK', 'LANDFALL_WEBHOOK_URL'],
    ['LANDFALL_API_TOKEN_FLIE', 'LANDFALL_API_TOKEN_FILE'],
    ['ANON_KEY', 'ANON_API_KEY'],
    ['ANON_RATE', null],
  ])('the variable %s is a problem; was %s meant?', (name, meant) => {
    expect(complaints({ [name]: 'x' })).toEqual([
      `${name} is not a known variable${meant === null ? '' : `; did you mean ${meant}?`}`,
    ])
  })

  test('a path variable that no secret stands behind is unknown', () => {
    expect(complaints({ LANDFALL_PORT_FILE: 'x' })).toHaveLength(1)
  })

  test('every unknown YAML key is a problem with its line', () => {
    const text = `prot: 1
accounts:
  - name: a
    provider: anon
    api_keys: k
    api_key: k
    budget:
      bursts: 1
    overdue_after: { failed: 1d }
hooks:
  - name: h
    url: https://x.test
    secret: ${WEBHOOK_SECRET}
    event: [migration.failed]`

    expect(complaints({}, yaml(text))).toEqual([
      'prot (landfall.yaml line 1) is not a known key; did you mean port?',
      'accounts[0].api_keys (landfall.yaml line 5) is not a known key; did you mean api_key?',
      'accounts[0].budget.bursts (landfall.yaml line 8) is not a known key; did you mean burst?',
      'accounts[0].overdue_after.failed (landfall.yaml line 9) is not a known key; known are pending, running, needs_input, unknown',
      'hooks[0].event (landfall.yaml line 14) is not a known key; did you mean events?',
    ])
  })
})

describe('an account at vern', () => {
  test('needs its key, as one at anon does', () => {
    expect(complaints({ VERN_BASE_URL: 'https://example.com' })).toEqual([
      expect.stringMatching(/^VERN_API_KEY is not set, but VERN_BASE_URL is; expected the key/),
    ])
  })

  test('is asked in vain for what it has no list for', () => {
    expect(complaints({ VERN_API_KEY: 'k', VERN_PAGE_SIZE: '10' })).toEqual([
      expect.stringMatching(/^VERN_PAGE_SIZE is not a known variable/),
    ])
  })

  test('says which header carries its key', () => {
    expect(complaints({ VERN_API_KEY: 'k', VERN_KEY_HEADER: 'a key' })).toEqual([
      'VERN_KEY_HEADER is "a key"; expected the name of a header, such as x-api-key',
    ])
  })
})

describe('kinds of hook', () => {
  const hook = (text: string) => complaints({}, yaml(`hooks: [{ name: h, ${text} }]`))

  test.each([
    [
      'kind: carrier-pigeon',
      'hooks[0].kind',
      'is "carrier-pigeon"; expected one of webhook, slack, command, queue, jsonl',
    ],
    ['kind: slack', 'hooks[0].url', 'is not set; expected an http or https URL'],
    ['kind: slack, url: "https://a.test/x", secret: x', 'hooks[0].secret', 'is not a known key; known are'],
    [
      'kind: slack, url: "https://a.test/x", link: here',
      'hooks[0].link',
      'is "here"; expected an http or https URL',
    ],
    ['kind: command', 'hooks[0].command', 'is not set; expected a program'],
    ['kind: command, command: []', 'hooks[0].command', 'is an empty list; expected a program'],
    ['kind: command, command: [a, 1]', 'hooks[0].command', 'is a list; expected a program'],
    ['kind: command, command: a, timeout: 1m', 'hooks[0].timeout', 'expected a duration'],
    ['kind: queue, queue: "a:b"', 'hooks[0].queue', 'expected a name of letters'],
    ['kind: queue, queue: deliveries', 'hooks[0].queue', 'other than schedule, requests, deliveries'],
    ['kind: jsonl', 'hooks[0].path', 'is not set; expected a text'],
    ['kind: jsonl, path: a, format: xml', 'hooks[0].format', 'expected one of cloudevents, standard'],
  ])('{ %s } is one problem that says what is accepted', (text, where, message) => {
    const found = hook(text)

    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${where.replaceAll(/[[\].]/g, '\\$&')} `))
    expect(found[0]).toContain(message)
  })
})

describe('a YAML file', () => {
  test.each<[text: string, complaint: RegExp]>([
    ['- a', /^landfall\.yaml is a list; expected a mapping/],
    ['just words', /^landfall\.yaml is a text of 10 characters; expected a mapping/],
    ['port: [1', /^landfall\.yaml line 1 is not valid YAML/],
    ['a: 1\nport: "x', /^landfall\.yaml line 2 is not valid YAML/],
    ['port: 1\nport: 2', /^landfall\.yaml line 2 is not valid YAML \(duplicate key\)/],
    ['port: *other', /^landfall\.yaml line 1 is not valid YAML \(alias without anchor\)/],
    ['port: !env PORT', /^landfall\.yaml line 1 is not valid YAML \(tag resolve failed\)/],
    ['port: 1\n---\nport: 2', /^landfall\.yaml line \d is not valid YAML \(multiple docs\)/],
    ['port: [1]', /^port \(landfall\.yaml line 1\) is a list; expected a whole number/],
    ['port: true', /^port \(landfall\.yaml line 1\) is the boolean true; expected a whole number/],
    ['data_dir: 5', /^data_dir \(landfall\.yaml line 1\) is a number; expected a text/],
    ['accounts: { anon: x }', /^accounts \(landfall\.yaml line 1\) is a mapping; expected a list/],
    [
      'accounts: [x]',
      /^accounts\[0\] \(landfall\.yaml line 1\) is a text of 1 character; expected a mapping/,
    ],
    ['a: &a [*a]', /^a \(landfall\.yaml line 1\) is not a known key/],
    ['__proto__: { port: 1 }', /^__proto__ \(landfall\.yaml line 1\) is not a known key/],
  ])('%j', (text, complaint) => {
    const found = complaints({}, yaml(text))

    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(complaint)
  })

  test('names of accounts and hooks are checked, and distinct', () => {
    const text = `accounts:
  - { name: Acme, provider: anon, api_key: k }
  - { name: a, provider: anon, api_key: k }
  - { name: a, provider: other, api_key: k }
  - { provider: anon }
hooks:
  - { name: -h, kind: carrier-pigeon, url: "https://x.test", secret: "${WEBHOOK_SECRET}" }`

    expect(complaints({}, yaml(text))).toEqual([
      expect.stringMatching(/^accounts\[0\]\.name \(landfall\.yaml line 2\) is "Acme"; expected a name/),
      'accounts[2].name (landfall.yaml line 4) is the same as accounts[1].name (landfall.yaml line 3); expected another name',
      'accounts[2].provider (landfall.yaml line 4) is "other"; expected one of anon, vern, generic',
      expect.stringMatching(/^accounts\[3\]\.name \(landfall\.yaml line 5\) is not set; expected a name/),
      expect.stringMatching(/^accounts\[3\]\.api_key \(landfall\.yaml line 5\) is not set; expected the key/),
      expect.stringMatching(/^hooks\[0\]\.name \(landfall\.yaml line 7\) is "-h"; expected a name/),
      'hooks[0].kind (landfall.yaml line 7) is "carrier-pigeon"; expected one of webhook, slack, command, queue, jsonl',
    ])
  })

  test('a status is mapped to a phase that exists', () => {
    const text = 'accounts: [{ name: a, provider: anon, api_key: k, status_map: { DONE: done } }]'

    expect(complaints({}, yaml(text))).toEqual([
      'accounts[0].status_map.DONE (landfall.yaml line 1) is "done"; ' +
        'expected one of pending, running, needs_input, succeeded, partial, failed, abandoned, unknown',
    ])
  })

  test('a key that YAML reads as a number is asked for in quotes, as its digits would be lost', () => {
    const text = 'accounts: [{ name: a, provider: anon, api_key: 12345678901234567890 }]'

    expect(complaints({}, yaml(text))[0]).toContain('is a number without quotes')
  })

  test('that is named must be there', () => {
    expect(complaints({ LANDFALL_CONFIG: 'no.yaml' })).toEqual([
      'LANDFALL_CONFIG names /srv/landfall/no.yaml, which does not exist',
    ])
    expect(complaints({}, { 'landfall.yaml': failure('EACCES') })).toEqual([
      '/srv/landfall/landfall.yaml this user may not read',
    ])
  })
})

describe('all problems', () => {
  const env: Env = {
    LANDFALL_PORT: 'x',
    LANDFALL_TYPO: 'x',
    ANON_BURST: 'x',
    REDIS_URL: 'x',
    VERN_ANYTHING: 'x',
  }

  test('are reported at once, the environment first', () => {
    const text = 'roles: [x]\naccounts:\n  - name: a\n    page_size: 0\n'

    expect(problemsOf(env, yaml(text)).map(({ where }) => where)).toEqual([
      'LANDFALL_TYPO',
      'VERN_ANYTHING',
      'REDIS_URL',
      'ANON_API_KEY',
      'ANON_BURST',
      'LANDFALL_PORT',
      'roles (landfall.yaml line 1)',
      'accounts[0].provider (landfall.yaml line 3)',
      'accounts[0].api_key (landfall.yaml line 3)',
      'accounts[0].page_size (landfall.yaml line 4)',
    ])
  })

  test('of the environment are reported beside a YAML file that cannot be read at all, without guesses', () => {
    expect(problemsOf({ ...env, LANDFALL_HOST: '0.0.0.0' }, yaml('a: [')).map(({ where }) => where)).toEqual([
      'LANDFALL_TYPO',
      'VERN_ANYTHING',
      'landfall.yaml line 1',
      'REDIS_URL',
      'ANON_BURST',
      'LANDFALL_PORT',
    ])
  })

  test('make one text for the reader', () => {
    expect(formatProblems(problemsOf({ LANDFALL_PORT: 'x' }))).toBe(
      'The configuration has a problem:\n  LANDFALL_PORT is "x"; expected a whole number from 0 to 65535',
    )
    expect(formatProblems(problemsOf(env)).split('\n')[0]).toBe('The configuration has 6 problems:')
  })
})

describe('a hook whose URL names an address that hooks may not call', () => {
  test.each([
    ['http://10.0.0.5/secret-path', '10.0.0.5'],
    ['http://[::1]:9000/secret-path', '::1'],
    ['http://169.254.169.254/secret-path', 'a cloud metadata address'],
    ['http://2130706433/secret-path', '127.0.0.1'],
    ['http://0177.0.0.1/secret-path', '127.0.0.1'],
    ['http://0x7f.1/secret-path', '127.0.0.1'],
    ['http://[::ffff:10.0.0.5]/secret-path', '10.0.0.5'],
    ['http://localhost:9000/secret-path', 'localhost'],
  ])('%s is a problem, unless private hooks are allowed', (url, named) => {
    const env = { ...WEBHOOK, LANDFALL_WEBHOOK_URL: url }
    const [problem = '', ...others] = complaints(env)
    expect(others).toEqual([])
    expect(problem).toContain('LANDFALL_WEBHOOK_URL is refused, as ')
    expect(problem).toContain(named)
    expect(problem).toContain('LANDFALL_ALLOW_PRIVATE_HOOKS=true')
    expect(problem).not.toContain('secret-path')
    expect(complaints({ ...env, LANDFALL_ALLOW_PRIVATE_HOOKS: 'true' })).toEqual([])
  })

  test('is found in YAML, in hooks of every kind that has a URL; names are not', () => {
    const hooks = `
hooks:
  - { name: team, kind: slack, url: "http://192.168.1.1/x" }
  - { name: other, kind: slack, url: "https://internal.example.test/x" }
`
    expect(complaints({}, yaml(hooks))).toEqual([
      expect.stringMatching(/^hooks\[0\]\.url \(landfall\.yaml line 3\) is refused, as 192\.168\.1\.1 /),
    ])
    expect(complaints({}, yaml(`allow_private_hooks: true${hooks}`))).toEqual([])
  })
})

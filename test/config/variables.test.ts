import { describe, expect, test } from 'vitest'

import { KEY, problemsOf, WEBHOOK, WEBHOOK_SECRET } from './sources.ts'

const PAIR = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`

describe('a variable that cannot be understood', () => {
  test.each<[name: string, text: string, form: string, accepted: string]>([
    ['DATABASE_URL', 'mysql://u:p@db/x', 'a URL of another scheme', 'postgres://'],
    ['DATABASE_URL', 'postgres://u:p#w@db/x', 'a text of 21 characters that is no URL', 'percent-encoded'],
    ['DATABASE_URL', 'postgres:landfall', 'a text of 17 characters that is no URL', 'HOST'],
    ['REDIS_URL', 'cache:6379', 'a text of 10 characters that is no URL', 'redis://'],
    ['REDIS_URL', 'http://cache:6379', 'a URL of another scheme', 'redis://'],
    ['LANDFALL_HOST', 'localhost:4600', '"localhost:4600"', 'without port'],
    ['LANDFALL_PORT', '80a', '"80a"', 'a whole number from 0 to 65535'],
    ['LANDFALL_PORT', '65536', '"65536"', '65535'],
    ['LANDFALL_PORT', '-1', '"-1"', '0 to'],
    ['LANDFALL_PORT', '0x50', '"0x50"', 'whole number'],
    [
      'LANDFALL_PUBLIC_URL',
      'ops.example.com',
      'a text of 15 characters that is no URL',
      'https://ops.example.com',
    ],
    ['LANDFALL_PUBLIC_URL', 'ftp://ops.example.com', 'a URL of another scheme', 'http or https'],
    [
      'LANDFALL_PUBLIC_URL',
      'https://u:p@ops.test',
      'a URL with a user name or password',
      'without user name',
    ],
    ['LANDFALL_PUBLIC_URL', 'https://ops.test/#/hooks', 'a URL with a query or fragment', 'without'],
    ['LANDFALL_API_TOKEN', 'too-short', 'a text of 9 characters', 'at least 16'],
    ['LANDFALL_API_TOKEN', 'sixteen or more letters', 'a text with spaces', 'without spaces'],
    ['LANDFALL_SECRET_KEY', 'hunter2', 'that holds 5 bytes', 'openssl rand -base64 32'],
    ['LANDFALL_SECRET_KEY', 'not base64!', 'a text of 11 characters that is not base64', '32 random bytes'],
    ['LANDFALL_ROLES', 'plan,pol', '"pol" in it (did you mean poll?)', 'plan, poll, deliver, serve'],
    ['LANDFALL_ROLES', ',', 'a list with "" in it', 'one or several of'],
    ['LANDFALL_ALLOW_PRIVATE_HOOKS', 'maybe', '"maybe"', 'true or false'],
    ['LANDFALL_KEEP_DELIVERIES', '90', '"90"', '90d, from 1h to 36500d, or forever'],
    ['LANDFALL_KEEP_USAGE', '59m', '"59m"', 'from 1h'],
    ['LOG_LEVEL', 'verbose', '"verbose"', 'trace, debug, info'],
    ['ANON_API_KEY', 'two words', 'a text with spaces', 'without spaces'],
    ['ANON_BASE_URL', 'worker.anon.com', 'a text of 15 characters that is no URL', 'https URL'],
    ['ANON_BASE_URL', 'ftp://worker.anon.com', 'a URL of another scheme', 'https URL'],
    [
      'ANON_BASE_URL',
      'https://u:p@worker.anon.com',
      'a URL with a user name or password in it',
      'without user name',
    ],
    ['ANON_BASE_URL', 'https://worker.anon.com/?a=1', 'a URL with a query or fragment', 'query'],
    ['ANON_BASE_URL', 'http://worker.anon.com', 'the key would travel in clear', 'loopback'],
    ['ANON_BASE_URL', 'http://127.0.0.1.example.test', 'the key would travel in clear', 'loopback'],
    ['ANON_REQUESTS_PER_SECOND', '0', '"0"', 'a number above 0 and up to 1000'],
    ['ANON_REQUESTS_PER_SECOND', '1000.5', '"1000.5"', 'up to 1000'],
    ['ANON_REQUESTS_PER_SECOND', '1,5', '"1,5"', 'a number'],
    ['ANON_BURST', '1.5', '"1.5"', 'a whole number from 1 to 10000'],
    ['ANON_PAGE_SIZE', '1001', '"1001"', 'from 1 to 1000'],
    ['ANON_SWEEP_EVERY', '300', '"300"', 'a duration such as 30s'],
    ['ANON_SWEEP_EVERY', '9s', '"9s"', 'from 10s to 7d'],
    [
      'LANDFALL_WEBHOOK_URL',
      'https://u:p@x.test',
      'a URL with a user name or password in it',
      'http or https',
    ],
    ['LANDFALL_WEBHOOK_URL', 'file:///etc/passwd', 'a URL of another scheme', 'http or https'],
    [
      'LANDFALL_WEBHOOK_SECRET',
      'hunter2',
      'a text of 7 characters that does not begin with whsec_',
      'openssl',
    ],
    [
      'LANDFALL_WEBHOOK_SECRET',
      'whsec_hunter2',
      'a text of 13 characters that is not base64',
      'openssl rand -base64 32',
    ],
    ['LANDFALL_WEBHOOK_SECRET', whsec(23), 'holds 23 bytes after whsec_', '24 to 64 random bytes'],
    ['LANDFALL_WEBHOOK_SECRET', whsec(65), 'holds 65 bytes after whsec_', '24 to 64 random bytes'],
    [
      'LANDFALL_WEBHOOK_SECRET',
      'whpk_1SiA4o9hyqTCpIqC5V9H',
      "is a receiver's public key",
      'whsk_ and an ed25519 key',
    ],
    [
      'LANDFALL_WEBHOOK_SECRET',
      `whsk_${Buffer.alloc(64, 1).toString('base64')}`,
      'two halves are not of one key',
      'ed25519',
    ],
    ['LANDFALL_WEBHOOK_SECRET', `${WEBHOOK_SECRET} whsec_x`, 'is not base64', '24 to 64 random bytes'],
  ])(
    '%s=%s is one problem that names it, tells its form and what is accepted',
    (name, text, form, accepted) => {
      const rest = name.startsWith('ANON_')
        ? { ANON_API_KEY: KEY }
        : name.startsWith('LANDFALL_WEBHOOK')
          ? WEBHOOK
          : {}

      const problems = problemsOf({ ...rest, [name]: text })

      expect(problems).toHaveLength(1)
      expect(problems[0]?.where).toBe(name)
      expect(problems[0]?.message).toContain(`is ${form.startsWith('"pol') ? 'a list with ' : ''}`)
      expect(problems[0]?.message).toContain(form)
      expect(problems[0]?.message.split('; expected ')[1]).toContain(accepted)
    },
  )

  test.each(['http://localhost:1', 'http://127.9.9.9', 'http://[::1]:80', 'https://10.0.0.1/x'])(
    'the base URL %s is fine',
    (url) => {
      expect(problemsOf({ ANON_API_KEY: KEY, ANON_BASE_URL: url })).toEqual([])
    },
  )

  test.each([whsec(24), whsec(64), `${whsec(24)}  ${whsec(32)}`, PAIR, `${whsec(24)} ${PAIR}`])(
    'the webhook secret %s is fine',
    (secret) => {
      expect(problemsOf({ ...WEBHOOK, LANDFALL_WEBHOOK_SECRET: secret })).toEqual([])
    },
  )

  test.each(['postgres:///landfall?host=/run/postgresql', 'postgres://u@/landfall?host=/run/postgresql'])(
    'a database behind a socket is fine: %s',
    (url) => {
      expect(problemsOf({ DATABASE_URL: url })).toEqual([])
    },
  )
})

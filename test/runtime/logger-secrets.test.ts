import fc from 'fast-check'
import type { Logger } from 'pino'
import { describe, expect, test } from 'vitest'

import { redactText } from '../../src/runtime/logger.ts'
import { capture, logged } from './capture-log.ts'

describe('redactText', () => {
  test.each([
    ['postgres://user:pass@host:5432/db', 'postgres://user:***@host:5432/db'],
    ['connect to postgres://u:p@ss/w#rd@host/db failed', 'connect to postgres://u:***@host/db failed'],
    [`postgres://u:p"'<@host/db`, 'postgres://u:***@host/db'],
    ['redis://:pass@cache:6379', 'redis://:***@cache:6379'],
    ['GET https://x.test:8443/a?token=1&b=2#c failed', 'GET https://x.test:8443/a?*** failed'],
    ['Authorization: Bearer xyz', 'Authorization: Bearer ***'],
    ['bearer abc.def-_~+/=, then', 'bearer ***, then'],
    ['the bearer token is missing', 'the bearer token is missing'],
    ['secret whsec_AbC+/= and whsk_xyz', 'secret whsec_*** and whsk_***'],
    ['key anon_live_1234 refused', 'key anon_*** refused'],
    ['host=db password=hunter2 user=u', 'host=db password=*** user=u'],
    ['{"api_key": "hunter2", "a": 1}', '{"api_key": ***, "a": 1}'],
    ['at file:///srv/src/main.ts:10:3', 'at file:///srv/src/main.ts:10:3'],
    ['Unexpected token < in JSON', 'Unexpected token < in JSON'],
    ['ANON_API_KEY is not set', 'ANON_API_KEY is not set'],
    ['http://127.0.0.1:4600/api/v1/migrations', 'http://127.0.0.1:4600/api/v1/migrations'],
  ])('%s', (text, told) => {
    expect(redactText(text)).toBe(told)
  })

  test('takes no time over a long text that looks like the beginning of a secret', () => {
    for (const part of [
      'a',
      '://',
      '://a:',
      'x@',
      'Bearer ',
      '" ',
      'token',
      'Failed query: ',
      'params: ',
      'token="',
      '://a?',
      'token"   ',
    ]) {
      const started = performance.now()
      redactText(part.repeat(20_000))
      expect(performance.now() - started).toBeLessThan(1_000)
    }
  })
})

describe('secrets', () => {
  const secretKeys = [
    'apiKey api_key x-api-key ANON_API_KEY anonApiKey secret secrets LANDFALL_WEBHOOK_SECRET clientSecret token',
    'apiToken access_token password PGPASSWORD authorization Authorization proxy-authorization cookie set-cookie',
    'privateKey secretKey LANDFALL_SECRET_KEY credentials pass',
  ].flatMap((words) => words.split(' '))

  test.each(secretKeys)(
    'under the key %s are never told, at any depth, in fields or child bindings',
    (key) => {
      const { log, output } = capture()

      for (const hidden of ['hunter2', ['hunter2', 'x'], { value: 'hunter2' }]) {
        log.info({ [key]: hidden }, 'top')
        log.info({ a: { b: [{ c: { d: { [key]: hidden } } }] } }, 'deep')
        log
          .child({ [key]: hidden })
          .child({ req: { headers: { [key]: hidden } } })
          .info('bound')
        log.info({ at: { toJSON: () => ({ [key]: hidden }) } }, 'computed')
        log.info('interpolated %j %o', { [key]: 'hunter2' }, { harmless: 1 })
      }

      expect(output().replaceAll(/interpolated[^\n]*/g, '')).not.toContain('hunter2')
      expect(output()).toContain('"[redacted]"')
    },
  )

  test('do not include counts, nor what the configuration says of secrets', () => {
    const line = logged((log) =>
      log.info({ tokens: 9.5, token: null, apiToken: 'not set', apiKey: 'set' }, 'x'),
    )

    expect(line).toMatchObject({ tokens: 9.5, token: null, apiToken: 'not set', apiKey: 'set' })
  })

  test('in the query of a request are not told', () => {
    expect(logged((log) => log.info({ req: { url: '/api/v1/events?access=hunter2' } }, 'x')).req.url).toBe(
      '/api/v1/events?***',
    )
  })

  test('of recognizable form never get out, wherever they are put', () => {
    const mark = fc.stringMatching(/^Zq[a-zA-Z0-9]{8}Xj[a-z0-9]{6}$/)
    const disguises: ((mark: string) => string)[] = [
      (it) => `postgres://landfall:${it}@db.example:5432/x`,
      (it) => `rediss://:${it}@cache`,
      (it) => `https://u:${it}/${it}@host/path?q=${it}#${it}`,
      (it) => `https://host/in?token=${it}`,
      (it) => `Bearer ${it}`,
      (it) => `whsec_${it}==`,
      (it) => `whsk_${it}`,
      (it) => `anon_${it}`,
      (it) => `Failed query: select $1\nparams: ${it},2`,
      (it) => `password=${it}`,
    ]
    const places: ((log: Logger, text: string) => void)[] = [
      (log, text) => log.info(text),
      (log, text) => log.info(`before ${text}`),
      (log, text) => log.info('%s and %j', text, { text }),
      (log, text) => log.info({ text }, 'x'),
      (log, text) => log.info({ a: [{ b: { c: [text] } }], url: text }, 'x'),
      (log, text) => log.child({ text }).info('x'),
      (log, text) => log.child({}, { msgPrefix: text }).info('x'),
      (log, text) => log.error(new Error(text)),
      (log, text) => log.error({ err: new Error('x', { cause: new Error(text, { cause: text }) }) }),
      (log, text) => log.error({ err: Object.assign(new Error('x'), { stack: `Error: ${text}\n    at x` }) }),
      (log, text) => log.error({ err: new AggregateError([new Error(text), text], text) }, text),
      (log, text) => log.error({ err: text, reason: text, cause: { message: text } }, 'x'),
      (log, text) => log.error({ err: Object.assign(new Error('x'), { response: text, code: text }) }, 'x'),
    ]

    fc.assert(
      fc.property(
        mark,
        fc.constantFrom(...disguises),
        fc.constantFrom(...places),
        fc.boolean(),
        (hidden, disguise, put, pretty) => {
          const { log, output } = capture(pretty)

          put(log, disguise(hidden))

          expect(output()).not.toBe('')
          expect(output()).not.toContain(hidden)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

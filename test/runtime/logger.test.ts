import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DrizzleQueryError } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'

import { capture, logged } from './capture-log.ts'

describe('a line for machines', () => {
  test('is JSON with a UTC time, the level as a word, and the fields as given', () => {
    const line = logged((log) =>
      log
        .child({ account: 'anon_production' })
        .warn({ attempt: 2, took: 1.5, ok: null, list: ['a'] }, 'poll.failed'),
    )

    expect(line).toMatchObject({
      level: 'warn',
      account: 'anon_production',
      attempt: 2,
      took: 1.5,
      ok: null,
      list: ['a'],
      msg: 'poll.failed',
    })
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  test('is written only at its level or above', () => {
    const { log, output } = capture()

    log.debug('too.quiet')

    expect(output()).toBe('')
  })

  test('is whole and ends in one line break, whatever the message holds', () => {
    const { log, output } = capture()

    log.info({ text: 'a\nb\u2028"' }, 'c\nd')

    expect(output().split('\n')).toHaveLength(2)
    expect(JSON.parse(output())).toMatchObject({ text: 'a\nb\u2028"', msg: 'c\nd' })
  })
})

describe('a line for people', () => {
  test('is readable, without process id, and as secretive', () => {
    const { log, output } = capture(true)

    log.info({ account: 'acme', apiKey: 'hunter2' }, 'poll.done')

    expect(output()).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: poll\.done \{"account":"acme","apiKey":"\[redacted\]"\}\n$/,
    )
  })

  test('shows an error with its stack', () => {
    const { log, output } = capture(true)

    log.error({ err: new Error('no luck') }, 'poll.failed')

    expect(output()).toContain('no luck')
    expect(output()).toContain('logger.test.ts')
  })
})

describe('at the edge of the process', () => {
  const script = (options: string) => `
    import { createLogger } from '${new URL('../../src/runtime/logger.ts', import.meta.url).pathname}'
    createLogger({ level: 'info', ${options} }).info({ url: 'redis://:hunter2@x' }, 'last.words')
    process.exit(3)`

  async function run(options: string, env: Record<string, string> = {}) {
    const args = ['--input-type=module', '--eval', script(options)]
    const exit = await promisify(execFile)(process.execPath, args, { env }).catch((err: unknown) => err)
    return exit as { code: number; stdout: string; stderr: string }
  }

  test.each(['pretty: false', 'pretty: true'])(
    'a line before a sudden exit is still written (%s)',
    async (options) => {
      const { code, stdout, stderr } = await run(options)

      expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
      expect(stdout).toContain('last.words')
      expect(stdout).not.toContain('hunter2')
    },
  )

  test('lines go to stderr where data goes to stdout', async () => {
    const { stdout, stderr } = await run(`destination: 'stderr', pretty: false`)

    expect(stdout).toBe('')
    expect(JSON.parse(stderr)).toMatchObject({ msg: 'last.words' })
  })

  test('NO_COLOR switches colours off', async () => {
    const colored = await run('pretty: true', { FORCE_COLOR: '1' })
    const plain = await run('pretty: true', { FORCE_COLOR: '1', NO_COLOR: '1' })

    expect(colored.stdout).toContain('\u001b[')
    expect(plain.stdout).not.toContain('\u001b[')
  })
})

describe('an error in a line', () => {
  test('keeps type, message, stack, code and cause', () => {
    const cause = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED', port: 5432 })
    const line = logged((log) => log.error({ err: new Error('no database', { cause }) }, 'db.lost'))

    expect(line.err).toMatchObject({
      type: 'Error',
      message: 'no database',
      stack: expect.stringMatching(/^Error: no database\n +at .*logger\.test\.ts/),
      cause: { type: 'TypeError', message: 'refused', code: 'ECONNREFUSED', port: 5432 },
    })
  })

  test('shows the errors that an AggregateError holds', () => {
    const line = logged((log) => log.error(new AggregateError([new Error('first'), 'second'], 'all failed')))

    expect(line).toMatchObject({ msg: 'all failed', err: { errors: [{ message: 'first' }, 'second'] } })
  })

  test('may have causes without end', () => {
    const err = new Error('round')
    err.cause = err

    expect(logged((log) => log.error({ err }, 'x')).err.cause.cause.message).toBe('round')
  })

  describe('from a query', () => {
    const row = Object.assign(new Error('duplicate key value violates unique constraint "hook_name"'), {
      code: '23505',
      detail: 'Key (secret)=(hunter2) already exists.',
      constraint: 'hook_name',
    })
    const values = ['hunter2', 'hunter2\n    at hunter2 (x.ts:1:1)\n hunter2', 'a,params: hunter2']
    const query = 'insert into "hook" values ($1, $2)\nreturning "id"'

    test.each(values)('keeps the query, code and cause, and none of its values (%j)', (value) => {
      const err = new DrizzleQueryError(query, [value, 7], row)
      const { log, output, fields } = capture()

      log.error(err)
      log.error({ err: new Error(`delivery failed: ${err.message}`, { cause: err }) }, 'delivery.failed')
      log.error({ error: err, reason: err }, `failed: ${err.message}`)
      log.error({ outcome: { kind: 'failed', problems: [{ err }] } }, 'nested')
      log.child({ error: err }).error('bound')

      expect(output()).not.toContain('hunter2')
      expect(fields()[0].err).toMatchObject({
        type: 'DrizzleQueryError',
        message: `Failed query: ${query}`,
        stack: expect.stringMatching(/returning "id"\n +at /),
        cause: { code: '23505', constraint: 'hook_name' },
      })
      expect(fields()[0].msg).toBe(`Failed query: ${query}`)
      expect(fields()[3].outcome.problems[0].err.cause.message).toBe(row.message)
    })
  })
})

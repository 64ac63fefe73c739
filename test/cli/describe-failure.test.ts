import { expect, test } from 'vitest'

import { describeFailure } from '../../src/cli/describe-failure.ts'
import { Failure } from '../../src/cli/exit.ts'
import { NoEmbeddedPostgresError } from '../../src/embedded/binaries.ts'
import { DataDirInUseError } from '../../src/embedded/bring-up.ts'
import { HookNamesTakenError } from '../../src/store/hooks.ts'
import { DatabaseUnreachableError } from '../../src/store/wait.ts'

const withCode = (code: string, more: object = {}) => Object.assign(new Error('it failed'), { code, ...more })
const because = (cause: Error) => new Error('load migrations', { cause })

test.each<[what: string, err: Error, exitCode: number, says: RegExp]>([
  ['what a command says itself', new Failure(2, 'just so'), 2, /^just so$/],
  ['a data directory in use', new DataDirInUseError('.landfall', null), 69, /in use/],
  ['a database that does not answer', because(new DatabaseUnreachableError('no')), 69, /no/],
  ['a connection that was refused', because(withCode('ECONNREFUSED')), 69, /DATABASE_URL/],
  ['a server that shuts down', because(withCode('57P01')), 69, /DATABASE_URL/],
  [
    'an image without an embedded Postgres',
    because(new NoEmbeddedPostgresError('Set DATABASE_URL')),
    78,
    /^Set/,
  ],
  ['a hook that is stored and configured', new HookNamesTakenError(['ops']), 78, /ops/],
  ['a port that is taken', withCode('EADDRINUSE', { port: 4600 }), 1, /Port 4600 is in use/],
  ['a database without the tables', because(withCode('42P01')), 1, /landfall migrate/],
  ['anything else', because(new Error('a bug')), 1, /load migrations: a bug\n.*LOG_LEVEL=debug/],
])('%s', (_, err, exitCode, says) => {
  const described = describeFailure(err)

  expect(described.exitCode).toBe(exitCode)
  expect(described.message).toMatch(says)
})

test('a failed query is told with its cause, and without its values', () => {
  const query = new Error('Failed query: select $1\nparams: hunter2', {
    cause: new Error('column is ambiguous'),
  })
  const { message } = describeFailure(query)

  expect(message).toContain('Failed query: select $1: column is ambiguous')
  expect(message).not.toContain('hunter2')
})

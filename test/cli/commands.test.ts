import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { inTransaction } from '../../src/store/db.ts'
import { createPlannerSeats } from '../../src/work/planner-seats.ts'
import { createAccount, createTestAccount, query, record, seen } from '../support/account.ts'
import { createWorkingDir, type Ended, runShell, startCli } from './cli.ts'
import { runHere } from './in-process.ts'

const hook = { name: 'default', kind: 'webhook', events: [...TERMINAL_EVENT_TYPES] }
const LONG_ID = '9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11'

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount({ hooks: [hook] }), createWorkingDir()])
  const other = createAccount({ name: 'beta' })
  await registerAccount(world.db, { name: 'beta', provider: 'anon', policy: 'backoff' })
  await query(world.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
  await record(world.deps, other, [seen('twin', 'WORKING', 0)])
  await see(seen('twin', 'WORKING', 0), seen(LONG_ID, 'WORKING', 0), seen('evil', 'X\u001b[2JY\u009b', 0))
  await see(seen(LONG_ID, 'COMPLETE', 10))
  for (const [id, status] of Object.entries(ENDS)) await see(seen(id, status, 20))
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove()])
})

const ENDS = {
  'ends-well': 'COMPLETE',
  'ends-so-so': 'COMPLETED_WITH_FAILURES',
  'ends-badly': 'FAILED',
  'ends-early': 'LOGIN_ABANDONED',
}

const see = (...observations: ReturnType<typeof seen>[]) => record(world.deps, world.account, observations)
const setting = () => ({ cwd: dir.path, env: { DATABASE_URL: world.url } })
const run = (...args: string[]) => runHere(args, setting())
const json = ({ stdout }: Ended) => JSON.parse(stdout)

describe('list', () => {
  test('as JSON has the rows of reporting.migrations, with times in UTC', async () => {
    const ended = await run('list', '--json', '--account', 'acme', '--status', 'COMPLETE')

    const columns = await query<{ column_name: string }>(
      world.db,
      `select column_name from information_schema.columns where table_schema = 'reporting' and table_name = 'migrations'`,
    )
    const rows = json(ended)
    expect(rows.map((row: { migration_id: string }) => row.migration_id)).toEqual(['ends-well', LONG_ID])
    expect(Object.keys(rows[0]).sort()).toEqual(columns.map((column) => column.column_name).sort())
    expect(rows[1]).toMatchObject({
      ...{ account: 'acme', phase: 'succeeded', is_terminal: true, polls: 2, transitions: 2, attributes: {} },
      ...{
        created_at: '2026-03-04T09:15:02.118340Z',
        finished_at: '2026-03-04T10:00:10.100Z',
        vanished_at: null,
      },
    })
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test.each([
    { options: ['--live'], ids: ['evil', 'twin', 'twin'] },
    { options: ['--live', '--account', 'beta'], ids: ['twin'] },
    { options: ['--phase', 'failed'], ids: ['ends-badly'] },
    { options: ['--company', 'nobody'], ids: [] },
  ])('$options leaves out what does not fit', async ({ options, ids }) => {
    const rows: { migration_id: string }[] = json(await run('list', '--json', ...options))

    expect(rows.map((row) => row.migration_id).sort()).toEqual(ids)
  })

  test('for readers is a table, whole where it is no terminal', async () => {
    const { stdout, exitCode } = await run('list')

    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^ACCOUNT +ID +STATUS +SINCE +COMPANY +DUE$/)
    expect(lines).toHaveLength(1 + 8)
    expect(stdout).toContain(LONG_ID)
    expect(exitCode).toBe(0)
  })

  test('lets nothing through that steers a terminal, as JSON neither', async () => {
    for (const options of [[], ['--json']]) {
      const { stdout } = await run('list', '--account', 'acme', ...options)

      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }
    expect(json(await run('list', '--json', '--phase', 'unknown'))[0].status).toBe('X\u001b[2JY\u009b')
  })

  test('says that there are more than it shows', async () => {
    const { stdout, stderr } = await run('list', '--limit', '3')

    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 3)
    expect(stderr).toContain('--limit')
  })

  test('ends quietly when its reader has had enough', async () => {
    const { stdout, stderr } = await runShell('{ landfall list; echo "exit $?" >&2; } | head -1', setting())

    expect(stdout).toMatch(/^ACCOUNT/)
    expect(stderr).toBe('exit 0\n')
  })
})

describe('show', () => {
  test('as JSON has the migration, its transitions with their bounds, events and deliveries', async () => {
    const shown = json(await run('show', LONG_ID, '--json'))

    expect(shown.migration).toMatchObject({ migration_id: LONG_ID, status: 'COMPLETE' })
    expect(shown.transitions).toMatchObject([
      { seq: 1, from_status: null, to_status: 'WORKING', bound_seconds: null },
      {
        seq: 2,
        not_before: '2026-03-04T10:00:00.000Z',
        not_after: '2026-03-04T10:00:10.100Z',
        bound_seconds: 10.1,
      },
    ])
    const types = shown.events.map((event: { type: string }) => event.type)
    expect(types).toEqual(['migration.discovered', 'migration.status_changed', 'migration.completed'])
    expect(shown.deliveries).toMatchObject([
      { hook: 'default', event_type: 'migration.completed', state: 'pending' },
    ])
  })

  test('for readers tells the same', async () => {
    const { stdout, exitCode } = await run('show', `acme/${LONG_ID}`)

    expect(stdout).toMatch(/^acme\/9f5b01c7/)
    expect(stdout).toMatch(/2 {2}2026-03-04 10:00:10Z +WORKING +COMPLETE +10 s +get/)
    expect(stdout).toMatch(/default +migration\.completed +pending/)
    expect(exitCode).toBe(0)
  })

  test('knows an id that a table has shortened', async () => {
    expect(await run('show', '9f5b…9a11')).toMatchObject({ exitCode: 0 })
  })

  test('an id in several accounts is a question back', async () => {
    const { exitCode, stdout, stderr } = await run('show', 'twin')

    expect(stderr).toContain('acme/twin')
    expect(stderr).toContain('beta/twin')
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: '' })
    expect(await run('show', 'beta/twin')).toMatchObject({ exitCode: 0 })
  })

  test('an unknown id is a failure', async () => {
    expect(await run('show', 'acme/nothing')).toMatchObject({ exitCode: 1, stdout: '' })
  })
})

describe('wait', () => {
  test.each([
    { id: 'ends-well', exitCode: 0 },
    { id: 'ends-so-so', exitCode: 2 },
    { id: 'ends-badly', exitCode: 3 },
    { id: 'ends-early', exitCode: 4 },
  ])('exits with $exitCode for what $id', async ({ id, exitCode }) => {
    const ended = await run('wait', id)

    expect(ended.stdout).toContain(ENDS[id as keyof typeof ENDS])
    expect(ended.exitCode).toBe(exitCode)
  })

  test('waits for an id that appears later, until it ends', async () => {
    const waiting = startCli(['wait', 'latecomer', '--json'], setting())
    await waiting.waitForOutput(/latecomer is not known yet/)
    await see(seen('latecomer', 'WORKING', 30))
    await waiting.waitForOutput(/acme\/latecomer is WORKING; waiting/)
    await see(seen('latecomer', 'FAILED', 40))

    const ended = await waiting.exited
    expect(json(ended)).toMatchObject({ migration_id: 'latecomer', status: 'FAILED', transitions: 2 })
    expect(ended.exitCode).toBe(3)
  })

  test('gives up after its timeout', async () => {
    const ended = await run('wait', 'never', '--timeout', '300ms')

    expect(ended).toMatchObject({ exitCode: 124, stdout: '' })
    expect(ended.stderr).toContain('No migration never appeared within 300 ms')
    expect(await run('wait', 'beta/twin', '--timeout', '300ms')).toMatchObject({ exitCode: 124 })
  })

  test('Ctrl-C ends it with 130', async () => {
    const waiting = startCli(['wait', 'beta/twin'], setting())
    await waiting.waitForOutput(/waiting/)
    waiting.child.kill('SIGINT')

    expect(await waiting.exited).toMatchObject({ exitCode: 130, stdout: '' })
  })

  test('does not wait for what has vanished', async () => {
    await see(seen('gone', 'WORKING', 50))
    await query(world.db, `update landfall.migration set vanished_at = now() where migration_id = 'gone'`)

    expect(await run('wait', 'gone')).toMatchObject({ exitCode: 1 })
  })
})

test('watch prints each transition as it is recorded', async () => {
  const watching = startCli(['watch', '--json', '--account', 'acme'], setting())
  await watching.waitForOutput(/Waiting for transitions/)
  await see(seen('watched', 'WORKING', 60))
  await watching.waitForOutput(/"to_status":"WORKING"/)
  await record(world.deps, createAccount({ name: 'beta' }), [seen('elsewhere', 'WORKING', 60)])
  await see(seen('watched', 'COMPLETE', 70))
  await watching.waitForOutput(/"to_status":"COMPLETE"/)
  watching.child.kill('SIGINT')

  const { exitCode, stdout } = await watching.exited
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { migration_id: 'watched', seq: 1, from_status: null },
    { migration_id: 'watched', seq: 2, from_status: 'WORKING', company_id: 'abc' },
  ])
  expect(exitCode).toBe(0)
})

describe('poll', () => {
  test('makes an ended migration due now, and says that no daemon is at work', async () => {
    const { exitCode, stdout } = await run('poll', 'ends-well')

    const [row] = await query(
      world.db,
      `select next_poll_at <= now() and next_poll_at > now() - interval '1 minute' as due
       from reporting.migrations where migration_id = 'ends-well'`,
    )
    expect(row).toEqual({ due: true })
    expect(stdout).toContain('acme/ends-well is due now')
    expect(stdout).toContain('no daemon is at work for account acme')
    expect(exitCode).toBe(0)
  })

  test('an unknown id is a failure', async () => {
    expect(await run('poll', 'nothing')).toMatchObject({ exitCode: 1, stdout: '' })
  })
})

describe('plan', () => {
  test('says that only policy adaptive looks ahead', async () => {
    const { stdout, exitCode } = await run('plan', '--account', 'beta')

    expect(stdout).toContain('beta  policy backoff')
    expect(stdout).toContain('Only policy adaptive looks ahead')
    expect(exitCode).toBe(0)
  })

  test('foretells the delay, and takes another budget', async () => {
    await planAhead()
    const { stdout } = await run('plan', '--account', 'ahead')
    expect(stdout).toMatch(/^ahead {2}policy adaptive, lag goal 15 s$/m)
    expect(stdout).toMatch(/^ {2}delay +\S.* in the mean, .* at the 99th percentile$/m)

    const [{ plan }] = json(
      await run('plan', '--account', 'ahead', '--json', '--requests-per-second', '0.001'),
    )
    expect(plan).toMatchObject({ requests_per_second: 0.001, live: 1, utilisation: expect.any(Number) })
    expect(plan.mean_seconds).toBeGreaterThan(15)
  })

  test('refuses a budget that is none, and an account that is not there', async () => {
    expect(await run('plan', '--requests-per-second', '0')).toMatchObject({ exitCode: 64 })
    expect(await run('plan', '--account', 'nobody')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('nobody'),
    })
  })
})

describe('explain', () => {
  test('says when and why a migration is read next', async () => {
    await planAhead()
    const { stdout } = await run('explain', 'ahead/waits')

    expect(stdout).toMatch(/next reading +(in|now).*by get/)
    expect(stdout).toMatch(/why +the request would save/)
    expect(json(await run('explain', 'ahead/waits', '--json'))).toMatchObject({
      why: 'worth',
      by: { kind: 'get' },
    })
  })

  test('names the timer, or that nothing more is to come', async () => {
    expect((await run('explain', 'beta/twin')).stdout).toContain('policy backoff')
    expect(json(await run('explain', 'ends-well', '--json'))).toMatchObject({ why: 'recheck' })
    expect(await run('explain', 'unheard-of')).toMatchObject({ exitCode: 1 })
  })
})

/** An account whose requests are chosen by worth, with one migration. */
async function planAhead(): Promise<void> {
  const account = createAccount({ name: 'ahead', policy: 'adaptive' })
  await registerAccount(world.db, { name: 'ahead', provider: 'anon', policy: 'adaptive' })
  await record(world.deps, account, [{ ...seen('waits', 'WORKING', 0), receivedAt: new Date() }])
  const seats = createPlannerSeats('test', Math.random)
  await inTransaction(world.db, (tx) => seats.take(tx, account))
}

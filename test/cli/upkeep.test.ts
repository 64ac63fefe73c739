import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { disableHook } from '../../src/store/hooks.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { createDatabase } from '../support/database.ts'
import { createWorkingDir, type Ended } from './cli.ts'
import { runHere } from './in-process.ts'

const hook = { name: 'default', kind: 'webhook', events: [...TERMINAL_EVENT_TYPES] }

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount({ hooks: [hook] }), createWorkingDir()])
  await registerAccount(world.db, { name: 'beta', provider: 'anon', policy: 'backoff' })
  await query(world.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
  await record(world.deps, world.account, [seen('m1', 'COMPLETE', 0), seen('m2', 'FAILED', 0)])
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove()])
})

const setting = () => ({ cwd: dir.path, env: { DATABASE_URL: world.url } })
const run = (...args: string[]) => runHere(args, setting())
const json = ({ stdout }: Ended) => JSON.parse(stdout)

describe('hooks', () => {
  test('a disabled hook is listed with its reason, and enabling it releases what was held', async () => {
    await disableHook(world.db, 'default', 'the receiver answered 410 Gone')
    const [before] = json(await run('hooks', 'list', '--json'))
    const enabled = await run('hooks', 'enable', 'default')
    const [after] = json(await run('hooks', 'list', '--json'))

    expect(before).toMatchObject({ name: 'default', state: 'disabled', pending: 0 })
    expect(before.held).toBeGreaterThan(0)
    expect(enabled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${before.held} held deliveries`),
    })
    expect(after).toMatchObject({ state: 'active', held: 0, pending: before.held })
  })

  test('a name that no hook has is a failure', async () => {
    const { exitCode, stderr } = await run('hooks', 'enable', 'defualt')

    expect(stderr).toContain('default')
    expect(exitCode).toBe(1)
  })
})

describe('doctor', () => {
  const states = (ended: Ended) =>
    new Map<string, string>(
      json(ended).map((one: { check: string; state: string }) => [one.check, one.state]),
    )

  test('finds nothing wrong where ticks come', async () => {
    await query(world.db, 'update landfall.account set planned_at = now(), last_sweep_completed_at = now()')
    const ended = await run('doctor', '--json')

    expect([...states(ended)].filter(([, state]) => state === 'problem')).toEqual([])
    expect(states(ended).get('account acme, ticks')).toBe('ok')
    expect(ended.exitCode).toBe(0)
  })

  test('names a suspended account and a disabled hook, and what to do', async () => {
    await query(
      world.db,
      `update landfall.account set state = 'suspended', state_reason = '401' where name = 'beta'`,
    )
    await disableHook(world.db, 'default', 'the receiver answered 410 Gone')
    const ended = await run('doctor')

    expect(ended.stdout).toMatch(/problem +account beta: suspended: 401/)
    expect(ended.stdout).toContain('landfall hooks enable default')
    expect(ended.exitCode).toBe(1)
  })

  test('a Redis that is away is a problem', async () => {
    const env = { ...setting().env, REDIS_URL: 'redis://:very-secret@127.0.0.1:1' }
    const ended = await runHere(['doctor', '--json'], { cwd: dir.path, env })

    expect(states(ended).get('queue')).toBe('problem')
    expect(ended.stdout).toContain('ECONNREFUSED')
    expect(ended.stdout).not.toContain('very-secret')
  })
})

describe('migrate', () => {
  test('applies the schema changes once, and a command before that says so', async () => {
    const empty = await createDatabase()
    const at = { cwd: dir.path, env: { DATABASE_URL: empty.url } }
    try {
      expect(await runHere(['list'], at)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('landfall migrate'),
      })
      const first = json(await runHere(['migrate', '--json'], at))
      expect(first).toEqual({ applied: first.total, total: first.total })
      expect(await runHere(['migrate'], at)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('Nothing to do'),
      })
      expect(await runHere(['list'], at)).toMatchObject({
        exitCode: 0,
        stdout: '',
        stderr: 'No migration fits.\n',
      })
    } finally {
      await empty.drop()
    }
  })
})

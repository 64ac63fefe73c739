import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { createTestAccount, query } from '../support/account.ts'
import { HOOK_SECRET } from '../support/daemon.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'
import { createWorkingDir, type Ended, runCli } from './cli.ts'
import { runHere } from './in-process.ts'

const KEY = Buffer.alloc(32, 5).toString('base64')

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
const receiver = createWebhookReceiver()

beforeAll(async () => {
  const events = ['migration.failed' as const]
  ;[world, dir] = await Promise.all([
    createTestAccount({ hooks: [{ name: 'fixed', kind: 'webhook', events }] }),
    createWorkingDir(),
  ])
  await receiver.start()
  const hooks = [{ name: 'fixed', url: receiver.url, secret: HOOK_SECRET }]
  await writeFile(join(dir.path, 'landfall.yaml'), JSON.stringify({ hooks, allow_private_hooks: true }))
  await writeFile(join(dir.path, 'url.txt'), `${receiver.url}\n`)
}, 60_000)
afterAll(async () => {
  await Promise.all([world.close(), dir.remove(), receiver.stop()])
})
beforeEach(async () => {
  receiver.requests.length = 0
  await query(world.db, 'delete from landfall.hook where sealed is not null')
})

const runWith = (key: Record<string, string>, ...args: string[]) =>
  runHere(['hooks', ...args], { cwd: dir.path, env: { DATABASE_URL: world.url, ...key } })
const run = (...args: string[]) => runWith({ LANDFALL_SECRET_KEY: KEY }, ...args)
const json = ({ stdout }: Ended) => JSON.parse(stdout)
const add = (...more: string[]) => run('add', 'ops', '--url', receiver.url, '--json', ...more)

test('a hook is added, tried, rotated and removed; each secret is shown once', async () => {
  const first = json(await add('--events', 'migration.failed', 'account.suspended'))
  expect(first).toEqual({ name: 'ops', secret: expect.stringMatching(/^whsec_/), public_key: null })
  expect(await run('test', 'ops')).toMatchObject({ exitCode: 0 })

  const rotated = await run('rotate', 'ops', '--overlap', '2h')
  const second = rotated.stdout.trim()
  expect(second).toMatch(/^whsec_/)
  await run('test', 'ops')
  const { body = '', headers } = receiver.requests[1] ?? {}
  for (const secret of [first.secret, second]) {
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy()
  }

  const told = [rotated.stderr, (await run('list')).stdout, (await run('list', '--json')).stdout].join('\n')
  expect(told).not.toMatch(/whsec_|whsk_/)
  expect(JSON.parse((await run('list', '--json')).stdout)).toMatchObject([
    { name: 'fixed', source: 'configured' },
    { name: 'ops', source: 'stored', events: ['migration.failed', 'account.suspended'] },
  ])
  expect(await run('remove', 'ops')).toMatchObject({ exitCode: 0 })
  expect((await run('test', 'ops')).stderr).toBe('No hook is called ops. There is fixed.\n')
}, 60_000)

test('a pair shows its public half, also later', async () => {
  const { public_key: key } = json(await add('--signing', 'pair'))
  expect(key).toMatch(/^whpk_/)
  expect(json(await run('list', '--json'))[1].public_keys).toEqual([key])
})

test('the URL can come from a file', async () => {
  expect(await run('add', 'ops', '--url-file', 'url.txt')).toMatchObject({ exitCode: 0 })
  expect(await run('test', 'ops')).toMatchObject({ exitCode: 0 })
})

test('a hook is altered, and what is not given stays', async () => {
  await add()
  expect(await run('alter', 'ops', '--events', 'migration.failed', 'account.suspended')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Hook ops is altered'),
  })
  expect(json(await run('alter', 'ops', '--format', 'standard', '--url-file', 'url.txt', '--json'))).toEqual({
    name: 'ops',
    altered: ['format', 'url'],
  })

  expect(json(await run('list', '--json'))[1].events).toEqual(['migration.failed', 'account.suspended'])
  expect(await run('test', 'ops')).toMatchObject({ exitCode: 0 })
  expect(Object.keys(JSON.parse(receiver.requests[0]?.body ?? ''))).toEqual(['type', 'timestamp', 'data'])
})

test.each<[args: string[], exitCode: number, says: string]>([
  [['add', 'ops'], 64, 'either --url or --url-file'],
  [['add', 'ops', '--url-file', 'gone.txt'], 64, 'cannot be read'],
  [['add', 'ops', '--url', 'ftp://example.com/hunter2'], 64, 'must start with https://'],
  [['add', 'Ops', '--url', 'https://example.com'], 64, 'expected a name'],
  [['add', 'ops', '--url', 'https://example.com', '--kind', 'command'], 64, 'Allowed choices'],
  [['add', 'fixed', '--url', 'https://example.com'], 1, 'A hook is called fixed already'],
  [['alter', 'fixed'], 64, 'Say what to alter'],
  [
    ['alter', 'fixed', '--url', 'https://example.com', '--url-file', 'url.txt'],
    64,
    'either --url or --url-file',
  ],
  [['alter', 'fixed', '--format', 'standard'], 1, 'stands in the configuration'],
  [['alter', 'nobody', '--format', 'standard'], 1, 'No hook is called nobody'],
  [['remove', 'fixed'], 1, 'stands in the configuration'],
  [['rotate', 'fixed', '--overlap', '1h'], 64, 'stands in the configuration'],
  [['remove', 'nobody'], 1, 'No hook is called nobody'],
  [['rotate', 'nobody'], 1, 'No hook is called nobody'],
])('%j is refused with %i', async (args, exitCode, says) => {
  const ended = await run(...args)
  expect(ended).toMatchObject({ exitCode, stdout: '' })
  expect(ended.stderr).toContain(says)
  expect(ended.stderr).not.toContain('hunter2')
})

test('a daemon whose configuration names a stored hook does not start, and says why', async () => {
  await run('add', 'default', '--url', receiver.url)
  const env = {
    DATABASE_URL: world.url,
    ANON_API_KEY: 'anon_a_key_that_only_tests_may_know',
    LANDFALL_WEBHOOK_URL: receiver.url,
    LANDFALL_WEBHOOK_SECRET: HOOK_SECRET,
    LANDFALL_PORT: '0',
  }
  const ended = await runCli(['up'], { cwd: dir.path, env })
  expect(ended.exitCode).toBe(78)
  expect(ended.stderr).toContain('stand in the database already: default. Call them otherwise')
})

test('without the key, or with another one, it says what to do', async () => {
  await add()
  const none = await runWith({}, 'add', 'more', '--url', receiver.url)
  expect(none).toMatchObject({ exitCode: 78, stdout: '' })
  expect(none.stderr).toContain('set LANDFALL_SECRET_KEY (or LANDFALL_SECRET_KEY_FILE)')
  const wrong = { LANDFALL_SECRET_KEY: Buffer.alloc(32, 6).toString('base64') }
  for (const args of [
    ['test', 'ops'],
    ['rotate', 'ops'],
  ]) {
    const ended = await runWith(wrong, ...args)
    expect(ended).toMatchObject({ exitCode: 78, stdout: '' })
    expect(ended.stderr).toContain('is not the key that hook ops was stored with')
  }
  const cwd = { cwd: dir.path, env: { DATABASE_URL: world.url, ...wrong } }
  expect((await runCli(['doctor'], cwd)).stdout).toContain('hook ops, settings: they cannot be read')
  expect(await runWith(wrong, 'remove', 'ops')).toMatchObject({ exitCode: 0 })
})

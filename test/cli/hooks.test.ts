import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { HOOK_SECRET } from '../support/daemon.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'
import { createWorkingDir, type Ended } from './cli.ts'
import { runHere } from './in-process.ts'

const PAIR = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const events = [...TERMINAL_EVENT_TYPES]
const stored = ['ops', 'pair', 'archive'].map((name) => ({ name, kind: 'webhook', events }))

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
const receiver = createWebhookReceiver()

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount({ hooks: stored }), createWorkingDir()])
  await receiver.start()
  const hooks = [
    { name: 'ops', url: receiver.url, secret: HOOK_SECRET },
    { name: 'pair', url: receiver.url, secret: PAIR },
    { name: 'pair-too', url: receiver.url, secret: PAIR },
    { name: 'archive', kind: 'jsonl', path: 'events.jsonl' },
    { name: 'worker', kind: 'queue', queue: 'landings' },
  ]
  await writeFile(join(dir.path, 'landfall.yaml'), JSON.stringify({ hooks, allow_private_hooks: true }))
  await query(world.db, 'update landfall.account set baseline_at = $1', ['2026-01-01T00:00:00Z'])
  await record(world.deps, world.account, [seen('m1', 'COMPLETE', 0), seen('m2', 'FAILED', 0)])
}, 60_000)
afterAll(async () => {
  await Promise.all([world.close(), dir.remove(), receiver.stop()])
})
beforeEach(async () => {
  receiver.requests.length = 0
  receiver.behave(() => ({}))
  await query(
    world.db,
    `update landfall.delivery set state = 'delivered', next_attempt_at = null, attempts = 1, last_error = null`,
  )
})

const run = (...args: string[]) => runHere(args, { cwd: dir.path, env: { DATABASE_URL: world.url } })
const json = ({ stdout }: Ended) => JSON.parse(stdout)

describe('hooks test', () => {
  test('sends a signed event of its own, past the outbox', async () => {
    const ended = await run('hooks', 'test', 'ops')

    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Hook ops accepted evt_.* \(200, /),
    })
    const [request] = receiver.requests
    const event = new Webhook(HOOK_SECRET).verify(
      request?.body ?? '',
      request?.headers as Record<string, string>,
    )
    expect(event).toMatchObject({ type: 'hook.test', source: '/hooks/ops', data: { hook: 'ops' } })
    expect(await query(world.db, `select 1 from landfall.event where type = 'hook.test'`)).toEqual([])
  })

  test('tells what a receiver answered, and fails', async () => {
    receiver.behave(() => ({ status: 503, body: 'come back later' }))
    const ended = await run('hooks', 'test', 'ops')

    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ended.stderr).toContain('it answered 503: come back later')
  })

  test.each(['archive', 'worker'])('reaches hooks of other kinds: %s', async (name) => {
    expect(json(await run('hooks', 'test', name, '--json'))).toMatchObject({ name, kind: 'accepted' })
  })

  test('a name that no configuration has is a failure', async () => {
    expect(await run('hooks', 'test', 'nobody')).toMatchObject({
      exitCode: 1,
      stderr: 'No hook is called nobody. There is ops, pair, pair-too, archive, worker.\n',
    })
  })
})

describe('hooks list', () => {
  test('shows how a failing hook does, and the public keys of a pair', async () => {
    await query(
      world.db,
      `update landfall.hook set failures = 7, failing_since = now() - interval '2 h' where name = 'ops'`,
    )
    const { stdout } = await run('hooks', 'list')
    const rows = json(await run('hooks', 'list', '--json'))
    await query(world.db, 'update landfall.hook set failures = 0, failing_since = null')

    expect(stdout).toMatch(/^ops\s+webhook\s+configured\s+failing .* failed 7 times in a row, first 2 h/m)
    const pair = rows.find((row: { name: string }) => row.name === 'pair')
    expect(pair.public_keys).toEqual(['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='])
    expect(JSON.stringify(rows)).not.toMatch(/whsec_|whsk_/)
  })
})

describe('hooks rotate', () => {
  test.each([
    ['ops', /^whsec_[A-Za-z0-9+/]{43}=$/],
    ['pair', /^whsk_[A-Za-z0-9+/]{86}==$/],
  ])('makes a new secret of the kind that %s has, once', async (name, form) => {
    const [one, other] = [
      json(await run('hooks', 'rotate', name, '--json')),
      await run('hooks', 'rotate', name),
    ]

    expect(one.secret).toMatch(form)
    expect(other.stdout.trim()).toMatch(form)
    expect(other.stdout.trim()).not.toBe(one.secret)
    expect(other.stderr).not.toContain(HOOK_SECRET)
  })

  test('says that other kinds sign nothing', async () => {
    expect(await run('hooks', 'rotate', 'archive')).toMatchObject({ exitCode: 1, stdout: '' })
  })
})

test('doctor names hooks that share a secret', async () => {
  expect((await run('doctor')).stdout).toContain('the same secret signs for pair and pair-too')
})

test('hooks disable holds what comes, hooks enable lets it go', async () => {
  await query(world.db, `update landfall.delivery set state = 'pending' where hook = 'ops'`)
  expect(await run('hooks', 'disable', 'ops')).toMatchObject({ exitCode: 0 })
  expect(json(await run('hooks', 'deliveries', 'ops', '--state', 'held', '--json'))).toHaveLength(2)

  expect(json(await run('hooks', 'enable', 'ops', '--json'))).toMatchObject({ released: 2 })
})

test('hooks deliveries lists what was sent, about what, and why it failed', async () => {
  await query(
    world.db,
    `update landfall.delivery set state = 'dead', attempts = 10, last_error = 'answered 500: oops' where hook = 'ops'`,
  )
  const { stdout } = await run('hooks', 'deliveries', 'ops', '--state', 'dead', '--limit', '1')
  const rows = json(await run('hooks', 'deliveries', 'ops', '--json'))

  expect(stdout).toMatch(/evt_\w+\s+migration\.\w+\s+m[12]\s.*dead\s+10\s+-\s+answered 500: oops/)
  expect(rows.map((row: { migration_id: string }) => row.migration_id).sort()).toEqual(['m1', 'm2'])
})

describe('replay', () => {
  test('of the dead counts first and sends then', async () => {
    await query(world.db, `update landfall.delivery set state = 'dead' where hook = 'ops'`)
    const counted = json(await run('replay', '--dead', '--dry-run', '--json'))
    const untouched = json(await run('hooks', 'deliveries', 'ops', '--state', 'dead', '--json'))
    const sent = await run('replay', '--dead')

    const counts = { hook: 'ops', delivered: 0, dead: 2, held: 0, pending: 0, unsent: 0 }
    expect(counted).toEqual({ dry_run: true, hooks: [counts] })
    expect(untouched).toHaveLength(2)
    expect(sent.stdout).toMatch(/^ops\s+2\s+0\s+2/m)
    expect(json(await run('hooks', 'deliveries', 'ops', '--state', 'pending', '--json'))).toHaveLength(2)
  })

  test('of one event goes to each hook that wants it, under its id', async () => {
    const [first] = json(await run('hooks', 'deliveries', 'ops', '--json'))
    const sent = json(await run('replay', first.event_id, '--json'))

    expect(sent.hooks.map(({ hook }: { hook: string }) => hook)).toEqual(['archive', 'ops', 'pair'])
    const pending = json(await run('hooks', 'deliveries', 'pair', '--state', 'pending', '--json'))
    expect(pending.map((row: { event_id: string }) => row.event_id)).toEqual([first.event_id])
  })

  test('of a range and a type', async () => {
    const [args] = [['--since', '2020-01-01', '--until', '2999-01-01T00:00:00Z', '--dry-run', '--json']]
    const all = json(await run('replay', ...args, '--hook', 'ops'))
    const failed = json(await run('replay', ...args, '--hook', 'ops', '--type', 'migration.failed'))

    expect([all.hooks[0].delivered, failed.hooks[0].delivered]).toEqual([2, 1])
  })

  test.each([
    [[], 64, 'Say what to send again'],
    [['--since', 'yesterday'], 64, 'Expected a time'],
    [['--dead', '--hook', 'nobody'], 1, 'No hook is called nobody'],
    [['evt_nothing'], 1, 'No hook wants an event with the id evt_nothing'],
    [['--until', '2020-01-01'], 1, 'No event fits'],
  ])('%j is refused with %i', async (args, exitCode, says) => {
    const ended = await run('replay', ...args)

    expect(ended).toMatchObject({ exitCode, stdout: '' })
    expect(ended.stderr).toContain(says)
  })
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { type CommandTarget, createCommandSender } from '../../src/hooks/command.ts'
import { waitFor } from '../support/wait-for.ts'
import { event } from '../support/webhook-attempts.ts'

const never = new AbortController().signal

function run(
  script: string,
  change: Partial<CommandTarget> = {},
  signal = never,
  args: readonly string[] = [],
) {
  const command = [process.execPath, '-e', script, ...args]
  return createCommandSender().send(
    { command, timeoutMs: 10_000, format: 'cloudevents', ...change },
    event,
    signal,
  )
}

async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'landfall-command-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

test('the program gets the event as one line on its stdin, and exit code 0 accepts it', async () => {
  const file = join(await tempDir(), 'got')
  const script = `fs.writeFileSync(${JSON.stringify(file)}, fs.readFileSync(0, 'utf8'))`

  expect(await run(script)).toEqual({ kind: 'accepted', durationMs: expect.any(Number) })
  const got = await readFile(file, 'utf8')
  expect(got.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(got)).toMatchObject({ specversion: '1.0', id: event.id, data: event.data })
})

test('another exit code is a failure, with the start of what the program wrote', async () => {
  const outcome = await run(`console.error('no room\\nleft'); process.exit(3)`)

  expect(outcome).toEqual({ kind: 'failed', reason: 'the program exited with 3: no room left' })
})

test('arguments reach the program as they are: no shell reads them', async () => {
  const file = join(await tempDir(), 'args')
  const args = ['$HOME; touch /nowhere', '`id`', 'a b', '*']
  await run(
    `fs.writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.argv.slice(1)))`,
    {},
    never,
    args,
  )

  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(args)
})

test('nothing of our environment reaches the program', async () => {
  const file = join(await tempDir(), 'env')
  process.env['LANDFALL_TEST_SECRET'] = 'hunter2'
  onTestFinished(() => void delete process.env['LANDFALL_TEST_SECRET'])
  await run(`fs.writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env))`)

  const env = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
  expect(Object.keys(env).sort()).toEqual(['HOME', 'LANDFALL_EVENT_ID', 'LANDFALL_EVENT_TYPE', 'PATH'])
  expect(env).toMatchObject({ LANDFALL_EVENT_ID: event.id, LANDFALL_EVENT_TYPE: event.type })
})

test('a program that takes too long is ended, with all that it started', async () => {
  const file = join(await tempDir(), 'pid')
  const script = `
    const child = require('node:child_process').spawn('sleep', ['60'])
    fs.writeFileSync(${JSON.stringify(file)}, String(child.pid))
    process.on('SIGTERM', () => {})
    setInterval(() => {}, 1000)`

  expect(await run(script, { timeoutMs: 600 })).toEqual({
    kind: 'failed',
    reason: 'the program did not end within 600 ms',
  })
  const pid = Number(await readFile(file, 'utf8'))
  await waitFor(() => hasEnded(pid), { what: 'the end of what it started' })
})

test('a program that writes without end is ended, and little of it is kept', async () => {
  const outcome = await run(`for (;;) fs.writeSync(1, 'x'.repeat(10000))`)

  expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('wrote more than 64 KiB') })
  expect(JSON.stringify(outcome).length).toBeLessThan(700)
})

test('a program that does not read its input is no trouble', async () => {
  expect(await run(`fs.closeSync(0)`)).toMatchObject({ kind: 'accepted' })
})

test('what a program leaves running does not keep the attempt waiting', async () => {
  const script = `require('node:child_process').spawn('sleep', ['30'], { detached: true, stdio: 'inherit' }).unref()`

  expect(await run(script)).toMatchObject({ kind: 'accepted', durationMs: expect.any(Number) })
}, 5_000)

test('a program that is not there is a failure', async () => {
  expect(await run('', { command: ['/nowhere/at/all'] })).toEqual({
    kind: 'failed',
    reason: 'the program cannot be started (ENOENT)',
  })
})

test('an aborted attempt ends the program and says nothing of the hook', async () => {
  const stop = new AbortController()
  const running = run('setInterval(() => {}, 1000)', {}, stop.signal)
  stop.abort(new Error('shutting down'))

  await expect(running).rejects.toThrow('shutting down')
})

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

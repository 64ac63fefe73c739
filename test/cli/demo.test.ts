import { afterAll, beforeAll, expect, test } from 'vitest'

import { createWorkingDir, runCli, startCli } from './cli.ts'
import { listProcesses, waitForNoProcess } from './processes.ts'

let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  dir = await createWorkingDir()
})
afterAll(async () => {
  await waitForNoProcess(dir.path)
  await dir.remove()
})

interface Line {
  readonly kind: string
  readonly migration_id?: string
  readonly verified?: boolean
  readonly [field: string]: unknown
}

test('by itself: finds, follows and lands migrations, and every landing arrives as a signed webhook', async () => {
  const demo = startCli(['demo', '--for', '25s', '--json'], { cwd: dir.path })
  const started: Line = JSON.parse((await demo.waitForOutput(/\{"kind":"started".*/, 60_000))[0])
  expect(started).toMatchObject({ data_dir: '.landfall/demo', log_file: '.landfall/demo/daemon.log' })
  await demo.waitForOutput(/"kind":"landed"/)
  expect(await listProcesses(dir.path)).not.toEqual([])

  const { exitCode, stdout } = await demo.exited
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line))
  const of = (kind: string) => lines.filter((line) => line.kind === kind)
  expect(of('found').length).toBeGreaterThanOrEqual(10)
  // A machine that is busy finds a few more that have ended by then.
  expect(of('found_ended').length).toBeGreaterThanOrEqual(200)
  expect(of('changed').length).toBeGreaterThan(0)
  expect(of('landed').length).toBeGreaterThan(0)
  expect(of('webhook').every((line) => line.verified === true)).toBe(true)
  expect(
    of('webhook')
      .map((line) => line.migration_id)
      .sort(),
  ).toEqual(
    of('landed')
      .map((line) => line.migration_id)
      .sort(),
  )
  expect(lines.at(-1)).toMatchObject({ kind: 'stopped', landed: of('landed').length, webhooks_unverified: 0 })
  expect(exitCode).toBe(0)
  await waitForNoProcess(dir.path)
}, 120_000)

test('for readers, until Ctrl-C: other commands find it, a second demo does not disturb it, nothing is left', async () => {
  const demo = startCli(['demo'], { cwd: dir.path })
  const [, dataDir = ''] = await demo.waitForOutput(
    /LANDFALL_DATA_DIR=(\S+) npm run landfall -- list/,
    60_000,
  )
  await demo.waitForOutput(/ landed .* known within /)
  await demo.waitForOutput(/ webhook .* signature verified/)

  const second = await runCli(['demo'], { cwd: dir.path })
  expect(second).toMatchObject({
    exitCode: 69,
    stdout: '',
    stderr: expect.stringContaining('Another demo is running'),
  })
  const list = await runCli(['list', '--json', '--limit', '500'], {
    cwd: dir.path,
    env: { LANDFALL_DATA_DIR: dataDir },
  })
  expect(JSON.parse(list.stdout).length).toBeGreaterThan(200)
  const elsewhere = await runCli(['list'], { cwd: dir.path })
  expect(elsewhere).toMatchObject({ exitCode: 69, stderr: expect.stringContaining(`.landfall/demo`) })

  demo.child.kill('SIGINT')
  const { exitCode, stdout } = await demo.exited
  expect(stdout).toMatch(/After \d.*: found \d+, landed \d+, \d+ webhooks? verified/)
  expect(exitCode).toBe(0)
  await waitForNoProcess(dir.path)
}, 120_000)

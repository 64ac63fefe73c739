import { stripVTControlCharacters } from 'node:util'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { widthOf } from '../../src/cli/text.ts'
import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { createWorkingDir, startCli } from './cli.ts'
import { hasTmux, openTerminal, type Size } from './tmux.ts'

const hook = { name: 'default', kind: 'webhook', events: [...TERMINAL_EVENT_TYPES] }
const LONG_ID = '9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11'

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount({ hooks: [hook] }), createWorkingDir()])
  await see(seen(LONG_ID, 'WORKING', 0), seen('asks', 'PENDING_USER_INPUT', 0), seen('over', 'FAILED', 0))
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove()])
})

const see = (...observations: ReturnType<typeof seen>[]) => record(world.deps, world.account, observations)
const setting = () => ({ cwd: dir.path, env: { DATABASE_URL: world.url } })
const open = (line: string, size: Size) => openTerminal(onTestFinished, line, setting(), size)

describe('at a terminal', { timeout: 60_000, ...needs('a terminal (install tmux)', hasTmux()) }, () => {
  test('watch redraws on news and on another size, and q gives the terminal back', async () => {
    await query(world.db, `update landfall.account set planned_at = now()`)
    const line = 'echo before; landfall watch; echo "exit $?"; stty -a | grep -o "[-]*icanon"'
    const terminal = await open(line, { width: 120, height: 30 })
    const first = await terminal.waitForScreen(/Under way/)

    expect(first[0]).toMatch(/^Landfall .*Z {2}q quits$/)
    expect(first[1]).toBe('live   0 pending   1 running   1 needs input')
    expect(first[2]).toBe('ended  0 succeeded   0 partial   1 failed   0 abandoned')
    expect(first.join('\n')).toMatch(/^acme +active +2 +3 /m)
    expect(first.join('\n')).toMatch(/^default +active/m)
    expect(first.join('\n')).toMatch(new RegExp(`^acme/${LONG_ID} +WORKING`, 'm'))
    expect(first).not.toContain('before')
    expect(await terminal.isCursorShown()).toBe(false)

    await see(seen('asks', 'WORKING', 10))
    await terminal.waitForScreen(/acme\/asks +PENDING_USER_INPUT → WORKING +within 10 s/)
    await terminal.waitForScreen(/2 running {3}0 needs input/)

    for (const size of [
      { width: 60, height: 16 },
      { width: 34, height: 9 },
    ]) {
      await terminal.resize(size)
      const lines = await terminal.waitForScreen(new RegExp(`^Landfall.{${size.width - 15}}q quits$`, 'm'))
      expect(lines.length).toBeLessThanOrEqual(size.height)
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(size.width)
      expect(lines.join('\n')).toMatch(/^\d\d:\d\d:\d\d {2}acme\/asks/m)
    }
    await terminal.resize({ width: 120, height: 30 })
    await terminal.press('q')
    const last = await terminal.waitForScreen(/exit 0\n-?icanon/)

    expect(last).toEqual(['before', 'exit 0', 'icanon'])
    expect(await terminal.isCursorShown()).toBe(true)
  })

  test('watch follows the ids that it is given, also one that comes later, until Ctrl-C', async () => {
    const terminal = await open('landfall watch 9f5b…9a11 later; echo "exit $?"', { width: 100, height: 24 })
    const first = await terminal.waitForScreen(/later is not known yet/)
    expect(first[1]).toBe('live   0 pending   1 running   0 needs input')
    expect(first.join('\n')).not.toContain('acme/asks')

    await see(seen('later', 'COMPLETE', 20))
    await terminal.waitForScreen(/acme\/later +COMPLETE/)
    await terminal.press('C-c')
    expect(await terminal.waitForScreen(/exit/)).toEqual(['exit 0'])
  })

  test('wait says in one line how far it is, and leaves only what happened', async () => {
    await see(seen('slow', 'WORKING', 0))
    const terminal = await open('landfall wait slow --timeout 1h; echo "exit $?"', { width: 110, height: 12 })
    await terminal.waitForScreen(/^acme\/slow WORKING for .*; gives up in 59 min 5\d s; read .* ago/m)
    await see(seen('slow', 'FAILED', 30))

    const lines = await terminal.waitForScreen(/exit/)
    expect(lines.filter((line) => !/daemon|once one runs/.test(line))).toEqual([
      'acme/slow is WORKING; waiting.',
      expect.stringMatching(/^acme\/slow ended: FAILED, .* after its creation$/),
      'exit 3',
    ])
  })

  test('Ctrl-C ends wait with 130, and with a clean line', async () => {
    const terminal = await open(`landfall wait ${LONG_ID} unheard-of; echo "exit $?"`, {
      width: 80,
      height: 12,
    })
    await terminal.waitForScreen(/^0 of 2 ended; acme\/9f5b01.*…/m)
    await terminal.press('C-c')

    expect((await terminal.waitForScreen(/exit/)).slice(-3)).toEqual([
      `acme/${LONG_ID} is WORKING; stopped waiting.`,
      'unheard-of is not known yet; stopped waiting.',
      'exit 130',
    ])
  })
})

describe('in a pipe', () => {
  test('watch prints plain lines of whole ids, only of what was asked for', async () => {
    const id = `piped-${'x'.repeat(60)}`
    const watching = startCli(['watch', id], setting())
    await watching.waitForOutput(/Waiting for transitions/)
    await see(seen('other', 'WORKING', 40))
    await see(seen(id, 'WORKING', 40))
    await see(seen(id, 'COMPLETE', 45))
    await watching.waitForOutput(/→ COMPLETE/)
    watching.child.kill('SIGTERM')

    const { stdout, exitCode } = await watching.exited
    expect(stdout).toBe(
      `10:00:40  acme/${id}  first seen → WORKING\n` +
        `10:00:45  acme/${id}  WORKING → COMPLETE                    within 5.1 s\n`,
    )
    expect(exitCode).toBe(0)
  })

  test('wait tells each of several as it ends, and exits with the worst', async () => {
    await see(seen('first', 'WORKING', 50), seen('second', 'WORKING', 50))
    const waiting = startCli(['wait', 'first', 'second', 'acme/over', '--json'], setting())
    await waiting.waitForOutput(/acme\/second is WORKING; waiting/)
    await see(seen('second', 'COMPLETED_WITH_FAILURES', 60))
    await waiting.waitForOutput(/"migration_id":"second"/)
    await see(seen('first', 'COMPLETE', 70))

    const { stdout, stderr, exitCode } = await waiting.exited
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).migration_id)
    expect(ids).toEqual(['over', 'second', 'first'])
    expect(stderr).toBe(stripVTControlCharacters(stderr))
    expect(exitCode).toBe(3)
  })
})

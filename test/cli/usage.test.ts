import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createWorkingDir, runCli, runShell } from './cli.ts'
import { runHere } from './in-process.ts'

let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  dir = await createWorkingDir()
})
afterAll(() => dir.remove())

const run = (args: string[], env: Record<string, string> = {}) => runHere(args, { cwd: dir.path, env })

describe('usage', () => {
  test('help names every command, on stdout', async () => {
    const { exitCode, stdout, stderr } = await run(['--help'])

    for (const name of 'up demo simulate migrate list show watch wait events report track poll accounts hooks replay doctor completion'.split(
      ' ',
    )) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    }
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  test.each(
    'up demo simulate migrate list show watch wait events report track poll accounts hooks replay doctor completion'.split(
      ' ',
    ),
  )('the help of %s has an example', async (name) => {
    const { exitCode, stdout } = await run([name, '--help'])

    expect(stdout).toContain(`landfall ${name}`)
    expect(stdout).toMatch(/Examples?:/)
    expect(exitCode).toBe(0)
  })

  test('the version is that of the package', async () => {
    const setting = { cwd: dir.path }
    expect(await runCli(['--version'], setting)).toMatchObject({ exitCode: 0, stdout: '0.1.0\n' })
  })

  test.each([
    { args: [], says: 'Usage: landfall' },
    { args: ['lst'], says: "unknown command 'lst'\n(Did you mean list?)" },
    { args: ['list', '--foo'], says: "unknown option '--foo'" },
    { args: ['list', '--limit', 'many'], says: 'Expected a whole number from 1 to' },
    { args: ['list', '--phase', 'done'], says: 'Allowed choices are pending' },
    { args: ['show'], says: 'missing required argument' },
    { args: ['wait', 'm1', '--timeout', '5'], says: 'Expected a duration such as 30s' },
    { args: ['simulate', '--fault', 'fire=0.5'], says: 'there is no fault fire' },
    { args: ['simulate', '--lives', 'nowhere.json'], says: 'nowhere.json cannot be read' },
    { args: ['hooks', 'enabel'], says: "unknown command 'enabel'\n(Did you mean enable?)" },
  ])('$args is a usage error, told on stderr', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await run(args)

    expect(stderr).toContain(says)
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: '' })
  })
})

describe('configuration', () => {
  test('up without an account names the variables to set, and the demo', async () => {
    const { exitCode, stdout, stderr } = await run(['up'])

    expect(stderr).toContain('ANON_API_KEY')
    expect(stderr).toContain('npm run demo')
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' })
  })

  test('all problems are told at once, and no secret', async () => {
    const secret = 'not-a-signing-secret'
    const env = { LANDFALL_PORT: '80a', ANON_PAGE_SIZE: '0', LANDFALL_WEBHOOK_SECRET: secret, ANON_KEY: 'x' }

    const { exitCode, stderr } = await run(['up'], env)

    for (const name of [
      'LANDFALL_PORT',
      'ANON_PAGE_SIZE',
      'LANDFALL_WEBHOOK_SECRET',
      'did you mean ANON_API_KEY',
    ]) {
      expect(stderr).toContain(name)
    }
    expect(stderr).not.toContain(secret)
    expect(exitCode).toBe(78)
  })

  test('other commands refuse a wrong configuration too', async () => {
    expect(await run(['list'], { LANDFALL_PORT: '80a' })).toMatchObject({ exitCode: 78, stdout: '' })
  })
})

describe('a database that is away', () => {
  test.each(['list', 'watch', 'doctor', 'migrate'])('%s says how to start a daemon', async (command) => {
    const { exitCode, stdout, stderr } = await run([command])

    expect(stdout + stderr).toContain(
      'Landfall is not running here: start it with npm start (or set DATABASE_URL)',
    )
    expect(exitCode).toBe(command === 'doctor' ? 1 : 69)
  })

  const away = { DATABASE_URL: 'postgres://landfall:very-secret@127.0.0.1:1/landfall' }

  test('is told in one line without a stack, and without its password', async () => {
    const { exitCode, stderr } = await run(['list'], away)

    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('ECONNREFUSED')])
    expect(stderr).not.toContain('very-secret')
    expect(exitCode).toBe(69)
  })

  test('is told with its stack to whoever debugs', async () => {
    const { exitCode, stderr } = await run(['list'], { ...away, LOG_LEVEL: 'debug' })

    expect(stderr).toContain('    at ')
    expect(exitCode).toBe(69)
  })
})

test('colours are for terminals, and for whoever insists', async () => {
  const piped = await runShell('landfall doctor', { cwd: dir.path })
  const forced = await runShell('landfall doctor', { cwd: dir.path, env: { FORCE_COLOR: '1' } })

  expect(piped.stdout).not.toContain('\u001b')
  expect(forced.stdout).toContain('\u001b[32mok')
})

import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { listPlaces } from '../../src/cli/completion/tree.ts'
import { createTestAccount } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { createWorkingDir } from './cli.ts'
import { runHere } from './in-process.ts'

const run = promisify(execFile)
let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
const hook = { name: 'ops', kind: 'webhook', events: ['migration.failed' as const] }

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount({ hooks: [hook] }), createWorkingDir()])
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove()])
})

const landfall = (...args: string[]) => runHere(args, { cwd: dir.path, env: { DATABASE_URL: world.url } })

/** A stand-in that tells which names were asked for; what landfall says of them is tested by itself. */
const STUB = `landfall() { [ "$*" = "completion --names $3" ] && echo "some-$3"; }`

async function completeInBash(...words: string[]): Promise<string[]> {
  const { stdout: program } = await landfall('completion', 'bash')
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _landfall; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', [
    '--norc',
    '-c',
    `${STUB}\n${program}\n${ask}`,
    'bash',
    'landfall',
    ...words,
  ])
  return stdout.split('\n').filter((line) => line !== '')
}

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('bash completes', needs('bash', has('bash')), () => {
  test.each<[words: string[], offered: string[]]>([
    [['wa'], ['watch', 'wait']],
    [
      ['hooks', 'a'],
      ['add', 'alter'],
    ],
    [['list', '--phase', 'fa'], ['failed']],
    [
      ['events', '--type', 'migration.failed', 'migration.co'],
      ['migration.completed', 'migration.completed_with_failures'],
    ],
    [['events', '--type', 'migration.failed', '--f'], ['--follow']],
    [['list', '--account', ''], ['some-accounts']],
    [['hooks', 'enable', ''], ['some-hooks']],
    [['replay', '--hook', ''], ['some-hooks']],
    // A new name is nobody's.
    [['hooks', 'add', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    // What an option takes is no command.
    [['list', '--company', 'hooks', '--ph'], ['--phase']],
    [['list', '--limit', ''], []],
  ])('%j with %j', async (words, offered) => {
    expect(await completeInBash(...words)).toEqual(offered)
  })

  test('every command and option that there is', async () => {
    const help = await landfall('--help')
    const names = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)
    expect((await completeInBash('')).sort()).toEqual(names.filter((name) => name !== 'help').sort())
    expect(await completeInBash('wait', '-')).toEqual(['--timeout', '--json', '--help'])
  })
})

test.each(['bash', 'zsh', 'fish'].filter(has))(
  '%s can read the program that is made for it',
  async (shell) => {
    const { stdout } = await landfall('completion', shell)

    await expect(run(shell, ['-n', '-c', stdout])).resolves.toMatchObject({ stderr: '' })
  },
)

test('names of accounts and hooks come from the database, one a line', async () => {
  expect(await landfall('completion', '--names', 'accounts')).toMatchObject({ stdout: 'acme\n', exitCode: 0 })
  expect(await landfall('completion', '--names', 'hooks')).toMatchObject({ stdout: 'ops\n', exitCode: 0 })
})

test('without a shell it asks for one', async () => {
  expect(await landfall('completion')).toMatchObject({
    exitCode: 64,
    stderr: 'Say for which shell: bash, zsh, fish.\n',
  })
})

test('what a description says cannot break out of its quotes', async () => {
  const { renderZsh } = await import('../../src/cli/completion/zsh.ts')
  const { renderFish } = await import('../../src/cli/completion/fish.ts')
  const program = new Command('landfall')
  program.command('up').description(`the provider's; $(exit 3) \`exit 3\` "x" \\`)
  const places = listPlaces(program)

  expect(renderZsh(places)).toContain(`'up:the provider'\\''s; $(exit 3) \`exit 3\` "x" \\'`)
  expect(renderFish(places)).toContain(`'the provider\\'s; $(exit 3) \`exit 3\` "x" \\\\'`)
})

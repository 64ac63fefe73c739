import { randomBytes } from 'node:crypto'

import { type Command, Option } from 'commander'

import type { Scope } from '../../store/api-tokens.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import { type Column, renderTable } from '../table.ts'
import { formatDistance } from '../times.ts'

const EXAMPLES = `
Whoever calls the API sends one as a bearer token; a browser asks for it at /queue. Stored are only hashes. As long as
there is none, and LANDFALL_API_TOKEN is not set, the API is open to this machine.

Examples:
  $ landfall tokens add dashboard --scope read > token.txt
  $ curl -H "authorization: Bearer $(cat token.txt)" http://127.0.0.1:4600/api/v1/stats
  $ landfall tokens remove dashboard`

interface AddOptions extends CommonOptions {
  readonly scope: Scope
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/

export function addTokens(program: Command, shell: Shell): void {
  const tokens = program
    .command('tokens')
    .description('add, list and remove tokens for the API')
    .addHelpText('after', EXAMPLES)
  tokens
    .command('add')
    .description('make a token, which is shown this once')
    .argument('<name>', 'what to call it')
    .addOption(
      new Option('--scope <scope>', 'whether it may only look, or change things too')
        .choices(['read', 'operate'] satisfies Scope[])
        .makeOptionMandatory(),
    )
    .option(...JSON_FLAG)
    .action((name: string, options: AddOptions) => add(shell, name, options))
  tokens
    .command('list')
    .description('list the tokens, and when each was used last')
    .option(...JSON_FLAG)
    .action((options: CommonOptions) => list(shell, options))
  tokens
    .command('remove')
    .description('remove a token: it lets nobody in any more')
    .argument('<name>', 'the token')
    .option(...JSON_FLAG)
    .action((name: string, options: CommonOptions) => remove(shell, name, options))
}

async function add(shell: Shell, name: string, { scope, json }: AddOptions): Promise<void> {
  if (!NAME.test(name)) {
    throw new Failure(
      EXIT.usage,
      'A name is of a-z, 0-9, - and _, begins with a letter or digit, and is at most 63 long.',
    )
  }
  const { withStore } = await import('../open-store.ts')
  const { insertApiToken } = await import('../../store/api-tokens.ts')
  await withStore(shell, async ({ db }) => {
    const token = `landfall_${randomBytes(32).toString('base64url')}`
    const isNew = await insertApiToken(db, { name, scope, token })
    if (!isNew) throw new Failure(EXIT.failure, `A token is called ${name} already; choose another name.`)
    if (json) return shell.printJson({ name, scope, token })
    shell.print(token)
    shell.note(`Token ${name} is there, and from now on the API asks for one. It is shown here only.`)
  })
}

const COLUMNS: readonly Column[] = [
  { title: 'TOKEN' },
  { title: 'SCOPE' },
  { title: 'MADE', alignRight: true },
  { title: 'USED', alignRight: true },
]

async function list(shell: Shell, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { listApiTokens } = await import('../../store/api-tokens.ts')
  const { loadNow } = await import('../../store/clock.ts')
  await withStore(shell, async ({ db }) => {
    const rows = await listApiTokens(db)
    if (json) return shell.printJson(rows)
    if (rows.length === 0) return shell.note('No token is stored; landfall tokens add makes one.')
    const now = await loadNow(db)
    const cells = rows.map(({ name, scope, created_at, last_used_at }) => [
      { text: name },
      { text: scope },
      { text: formatDistance(created_at, now) },
      { text: last_used_at === null ? 'never' : formatDistance(last_used_at, now) },
    ])
    const lines = renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint })
    for (const line of lines) shell.print(line)
  })
}

async function remove(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { removeApiToken } = await import('../../store/api-tokens.ts')
  await withStore(shell, async ({ db }) => {
    if (!(await removeApiToken(db, name))) throw new Failure(EXIT.failure, `No token is called ${name}.`)
    if (json) return shell.printJson({ name, removed: true })
    shell.print(`Token ${name} is removed.`)
  })
}

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'

import type { Creation } from '../../work/create-migration.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

interface CreateOptions extends CommonOptions {
  readonly account?: string
  readonly externalId: string
  readonly name?: string
  readonly source?: string
  readonly template?: readonly string[]
  readonly request?: string
}

const EXAMPLES = `
The same external id always stands for the same migration: sent again, also after a crash, it makes no second one.
What cannot be made at once a running daemon goes on with.

Examples:
  $ landfall create --external-id pine-01 --name "Pine Ltd" --source HubSpot --template contacts deals
  $ landfall create --account acme --external-id pine-01 --request start.json`

export function addCreate(program: Command, shell: Shell): void {
  program
    .command('create')
    .description('make a migration at the provider, and track it')
    .requiredOption('--external-id <id>', 'your own id for it')
    .option('--account <name>', 'which account, where there are several')
    .option('--name <name>', 'what it is called (vern)')
    .option('--source <name>', 'where its data comes from (vern)')
    .option('--template <slug...>', 'what it imports (vern; default: all)')
    .option('--request <file>', 'what it is made of, as JSON in the words of the provider')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: CreateOptions) => create(shell, options))
}

async function create(shell: Shell, options: CreateOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { openAccount } = await import('../../work/open-account.ts')
  const { createMigration } = await import('../../work/create-migration.ts')
  const { newEventId } = await import('../../work/event-id.ts')
  const { registerAccount } = await import('../../store/accounts.ts')
  const { externalId } = options
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(externalId))
    throw new Failure(EXIT.usage, 'An external id has letters, digits, - and _, at most 255 of them.')
  const request = await requestOf(shell, options)
  await withStore(shell, async ({ config, db, log }) => {
    const known = config.accounts.filter(
      ({ name }) => options.account === undefined || name === options.account,
    )
    const [settings, ...more] = known
    if (settings === undefined || more.length > 0) throw noSuch(options.account, config.accounts)
    const account = openAccount(settings)
    const { name, policy, provider } = account
    try {
      await registerAccount(db, {
        name,
        policy,
        provider: provider.kind,
        isListed: provider.list !== undefined,
      })
      const deps = { db, log, random: Math.random, newEventId }
      const made = await createMigration(deps, account, { externalId, request }, AbortSignal.timeout(20_000))
      tell(shell, options, name, made)
    } finally {
      await provider.close()
    }
  })
}

async function requestOf(shell: Shell, options: CreateOptions): Promise<Record<string, unknown>> {
  const { name, source, template: templates } = options
  const told = Object.entries({ name, source, templates }).filter(([, value]) => value !== undefined)
  return { ...(await fileOf(shell, options.request)), ...Object.fromEntries(told) }
}

async function fileOf(shell: Shell, file: string | undefined): Promise<object> {
  if (file === undefined) return {}
  try {
    const parsed: unknown = JSON.parse(await readFile(resolve(shell.cwd, file), 'utf8'))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch (err) {
    throw new Failure(EXIT.usage, `--request names ${file}, which cannot be read as JSON.`, err)
  }
  throw new Failure(EXIT.usage, `--request names ${file}, which holds no JSON object.`)
}

function noSuch(asked: string | undefined, accounts: readonly { readonly name: string }[]): Failure {
  const names = accounts.map(({ name }) => name).join(', ')
  if (asked !== undefined)
    return new Failure(EXIT.usage, `No account ${asked} is configured; there is ${names || 'none'}.`)
  if (accounts.length > 0) return new Failure(EXIT.usage, `Say which account with --account: ${names}.`)
  return new Failure(EXIT.configuration, 'No account is configured.')
}

function tell(shell: Shell, { externalId, json }: CreateOptions, account: string, made: Creation): void {
  if (made.kind === 'refused') throw new Failure(EXIT.failure, `Not made: ${made.reason}.`)
  if (json) shell.printJson({ account, external_id: externalId, ...made })
  else if (made.kind === 'created') shell.print(made.migrationId)
  if (made.kind !== 'created') shell.setExitCode(EXIT.failure)
  shell.note(wordsFor(account, made))
}

function wordsFor(account: string, made: Exclude<Creation, { kind: 'refused' }>): string {
  if (made.kind === 'created')
    return `${account}/${made.migrationId} ${made.isNew ? 'is made, and tracked.' : 'was made before.'}`
  if (made.kind === 'pending')
    return `Not made yet: ${made.reason}. A running daemon goes on with it; so does this command, run again.`
  const { reason, candidates } = made
  const perhaps = candidates.length === 0 ? 'None is in sight yet.' : `It may be: ${candidates.join(', ')}.`
  return `${reason}. ${perhaps} Once you know that there is none, use another external id.`
}

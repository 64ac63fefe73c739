import type { Command } from 'commander'

import type { AccountRow } from '../../store/views/accounts.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
Moves the next poll to now, also for a migration that has ended. The request still waits for its place in the budget.

Examples:
  $ landfall poll 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11
  $ landfall poll acme/9f5b01c7…9a11 && landfall watch`

export function addPoll(program: Command, shell: Shell): void {
  program
    .command('poll')
    .description('ask the provider for one migration now')
    .argument('<[account/]id>', 'the migration')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: CommonOptions) => poll(shell, id, options))
}

async function poll(shell: Shell, id: string, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { nameOf, requireMigration } = await import('../find-migration.ts')
  const { listAccounts } = await import('../../store/views/accounts.ts')
  const { requestPoll } = await import('../../store/request-poll.ts')
  const { describeIdle } = await import('../daemon-at-work.ts')
  await withStore(shell, async ({ db }) => {
    const migration = await requireMigration(db, id)
    const requested = await requestPoll(db, migration)
    if (requested.kind !== 'due') throw new Failure(EXIT.failure, describeVanished(nameOf(migration)))
    if (json) return shell.printJson(await requireMigration(db, nameOf(migration)))
    const account = (await listAccounts(db)).find((one) => one.account === migration.account)
    const idle = await describeIdle(db, migration.account)
    shell.print(`${nameOf(migration)} is due now. ${whatToExpect(migration, account, idle)}`)
  })
}

function describeVanished(name: string): string {
  return `${name} has vanished: the provider no longer knows it. Should it come back, the next sweep finds it.`
}

function whatToExpect(migration: MigrationRow, account: AccountRow | undefined, idle: string | null): string {
  if (idle !== null) return `But ${idle}: it is asked for once one runs.`
  if (account?.state === 'suspended') {
    return `But account ${migration.account} is suspended: it is asked for once the provider accepts the key again.`
  }
  return 'The daemon asks for it within a second or two, as soon as the budget allows; landfall show tells what came of it.'
}

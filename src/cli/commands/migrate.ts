import type { Command } from 'commander'

import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import { count } from '../text.ts'

const EXAMPLES = `
The daemon does the same when it starts. Safe while daemons run and when several do it at once.

Example:
  $ DATABASE_URL_FILE=database-url.txt landfall migrate`

export function addMigrate(program: Command, shell: Shell): void {
  program
    .command('migrate')
    .description('apply the schema changes that the database lacks')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: CommonOptions) => migrate(shell, options))
}

async function migrate(shell: Shell, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { applySchemaChanges } = await import('../../store/schema-changes.ts')
  await withStore(shell, async ({ databaseUrl }) => {
    shell.status('Applying schema changes …')
    const changes = await applySchemaChanges(databaseUrl)
    if (json) return shell.printJson(changes)
    if (changes.applied === 0)
      return shell.print(`Nothing to do: all ${changes.total} schema changes are there.`)
    shell.print(`Applied ${count(changes.applied, 'schema change')}; now all ${changes.total} are there.`)
  })
}

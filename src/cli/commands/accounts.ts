import type { Command } from 'commander'

import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
An account is suspended while its provider refuses the key. The key is tried again by itself, ever more rarely; once it
works again, resume saves the wait.

Examples:
  $ landfall accounts
  $ landfall accounts resume acme
  $ landfall accounts --json | jq '.[] | select(.state != "active") | .account'`

/** What each of them does is loaded once it is called. */
export function addAccounts(program: Command, shell: Shell): void {
  const accounts = program
    .command('accounts')
    .description('list accounts and how they do; resume one')
    .addHelpText('after', EXAMPLES)

  accounts
    .command('list', { isDefault: true })
    .description('list the accounts, what they track, their budgets and how late changes are noticed')
    .option(...JSON_FLAG)
    .action(async (options: CommonOptions) => (await import('../accounts/list.ts')).listAll(shell, options))
  accounts
    .command('resume')
    .description('end the suspension of an account whose key works again')
    .argument('<name>', 'the account')
    .option(...JSON_FLAG)
    .action(async (name: string, options: CommonOptions) =>
      (await import('../accounts/resume.ts')).resume(shell, name, options),
    )
}

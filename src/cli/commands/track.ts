import type { Command } from 'commander'

import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
Saves the wait for a list page that shows it. Asks the provider at once, within the account's budget; for that the account's
key must stand in the configuration here. A migration that is known already is read next.

Exit codes: 0 it is tracked, 1 the provider does not know it or refuses the key, 69 no usable answer in time: try again

Examples:
  $ landfall track acme 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11
  $ landfall track acme "$ID" && landfall wait "acme/$ID"`

export function addTrack(program: Command, shell: Shell): void {
  program
    .command('track')
    .description('find one migration now, and follow it from then on')
    .argument('<account>', 'the account that it is in')
    .argument('<id>', 'the id that the provider gave it')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action(async (account: string, id: string, { json }: CommonOptions) => {
      const { track } = await import('../track/track.ts')
      await track(shell, { account, migration_id: id }, json === true)
    })
}

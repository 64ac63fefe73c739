import type { Command } from 'commander'

import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
Configuration comes from the environment, or from landfall.yaml (LANDFALL_CONFIG names another file). Without
DATABASE_URL a PostgreSQL of its own is started under LANDFALL_DATA_DIR. The log goes to stdout.

Examples:
  $ ANON_API_KEY_FILE=key.txt landfall up
  $ LANDFALL_ROLES=poll,deliver landfall up        one of several processes on the same database`

export function addUp(program: Command, shell: Shell): void {
  program
    .command('up')
    .description('run the daemon (npm start)')
    .option('--json', 'log JSON lines, at a terminal too')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CommonOptions) => {
      const { runDaemon } = await import('../run-daemon.ts')
      await runDaemon(shell, options.json === true)
    })
}

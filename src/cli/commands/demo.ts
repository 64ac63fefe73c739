import type { Command } from 'commander'

import { duration } from '../options.ts'
import type { Shell } from '../shell.ts'

interface DemoOptions {
  readonly for?: number
  readonly json?: true
}

const EXAMPLES = `
Needs neither configuration nor network: a simulated provider, a PostgreSQL and a receiver of webhooks are started with
the daemon, in this process's care. The data lies in .landfall/demo and is emptied at each start. Ctrl-C stops it all.

Examples:
  $ landfall demo
  $ landfall demo --for 1m --json | jq 'select(.kind == "landed")'`

export function addDemo(program: Command, shell: Shell): void {
  program
    .command('demo')
    .description('see it at work on invented data, with nothing configured')
    .option('--for <duration>', 'end by itself after this time, such as 30s or 5m', duration)
    .option('--json', 'print JSON lines')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('../demo/run-demo.ts')
      await runDemo(shell, { forMs: options.for ?? null, isJson: options.json === true })
    })
}

import type { Command } from 'commander'

import { type CommonOptions, duration, JSON_LINES_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

interface WaitOptions extends CommonOptions {
  readonly timeout?: number | null
}

const EXAMPLES = `
Waits also for an id that is not known yet. Without --timeout it waits for ever. Of several migrations each is told as it
ends, and the worst decides.

Exit codes, from the worst: 3 failed, 4 abandoned, 2 partial (completed with failures), 0 succeeded; 124 timeout,
1 vanished, 130 Ctrl-C

Examples:
  $ landfall wait 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11 --timeout 1h && ./import-the-data
  $ landfall wait acme/9f5b01c7…9a11 acme/77aa0c1e…03bd --json | jq -r .status`

export function addWait(program: Command, shell: Shell): void {
  program
    .command('wait')
    .description('wait until migrations have ended')
    .argument('<[account/]id...>', 'the migrations')
    .option('--timeout <duration>', 'give up after this time, such as 30s, 5m or 1h', duration)
    .option(...JSON_LINES_FLAG)
    .addHelpText('after', EXAMPLES)
    .action(async (texts: string[], { timeout = null, json }: WaitOptions) => {
      const { withStore } = await import('../open-store.ts')
      const { waitForEnds } = await import('../wait/wait.ts')
      const waitFor = { texts, timeoutMs: timeout, isJson: json === true }
      await withStore(shell, (store) => waitForEnds(shell, store, waitFor))
    })
}

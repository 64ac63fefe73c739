import type { Command } from 'commander'

import { type CommonOptions, JSON_LINES_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'

interface WatchOptions extends CommonOptions {
  readonly account?: string
}

const EXAMPLES = `
At a terminal: a view that redraws itself, with counts, the newest transitions and what is under way; q ends it. In a pipe,
or with --json: one line per transition, as it is recorded. Each says when it was seen (UTC), which migration, from and to
which status, and within what time it was noticed.

Examples:
  $ landfall watch
  $ landfall watch acme/9f5b01c7…9a11
  $ landfall watch --json | jq -r 'select(.to_phase == "failed") | .migration_id'
  $ landfall watch | tee transitions.txt`

export function addWatch(program: Command, shell: Shell): void {
  program
    .command('watch')
    .description('watch migrations as they change')
    .argument('[[account/]id...]', 'only these migrations')
    .option('--account <name>', 'only of this account')
    .option(...JSON_LINES_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: WatchOptions) => watch(shell, ids, options))
}

async function watch(shell: Shell, ids: string[], { account, json }: WatchOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { listenForStop } = await import('../stop-signal.ts')
  const { watchLines } = await import('../watch/lines.ts')
  const { watchLive } = await import('../watch/live.ts')
  await withStore(shell, async (store) => {
    const stop = listenForStop()
    try {
      const filter = { account: account ?? null, ids }
      const isShown = !json && (await watchLive(shell, store, filter, stop))
      if (!isShown) await watchLines(shell, store, filter, stop, json === true)
    } finally {
      stop.release()
    }
  })
}

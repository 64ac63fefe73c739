import type { Command } from 'commander'

import type { ChangeRow } from '../../store/changes.ts'
import { type CommonOptions, JSON_LINES_FLAG } from '../options.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean, cutMiddle, padEnd } from '../text.ts'
import { boundOf, clockOf } from '../times.ts'

interface WatchOptions extends CommonOptions {
  readonly account?: string
}

const EXAMPLES = `
One line per transition, as it is recorded: when it was seen (UTC), which migration, from and to which status, and
within what time it was noticed. Ctrl-C ends it.

Examples:
  $ landfall watch
  $ landfall watch --json | jq -r 'select(.to_phase == "failed") | .migration_id'`

export function addWatch(program: Command, shell: Shell): void {
  program
    .command('watch')
    .description('follow the transitions as they are recorded')
    .option('--account <name>', 'only of this account')
    .option(...JSON_LINES_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: WatchOptions) => watch(shell, options))
}

async function watch(shell: Shell, { account, json }: WatchOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { followChanges } = await import('../follow.ts')
  const { loadChangeCursor } = await import('../../store/changes.ts')
  const { listenForStop } = await import('../stop-signal.ts')
  await withStore(shell, async ({ db, databaseUrl, log }) => {
    const stop = listenForStop()
    const signal = AbortSignal.any([stop.signal, shell.unread])
    const onOutage = (isAway: boolean) =>
      shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
    try {
      const since = await loadChangeCursor(db)
      shell.note('Waiting for transitions; Ctrl-C ends it.')
      for await (const changes of followChanges({ db, databaseUrl, log, signal, onOutage }, since)) {
        for (const change of changes.filter((one) => account === undefined || one.account === account)) {
          if (json) shell.printJson(withoutHelpers(change))
          else shell.print(renderChange(shell, change))
        }
      }
    } finally {
      stop.release()
    }
  })
}

/** As `reporting.transitions` has it, and the company. */
function withoutHelpers({ created_at: _, in_baseline: __, ...change }: ChangeRow) {
  return change
}

/** Time, statuses and bound, and the gaps between them. */
const REST = 8 + 2 + 2 + 36 + 2 + 17
const STATUSES = 36

function renderChange(shell: Shell, change: ChangeRow): string {
  const account = cutMiddle(change.account, 12)
  const idWidth = Math.max(9, Math.min(36, shell.width() - REST - account.length - 1))
  const from = clean(change.from_status ?? 'first seen')
  const to = clean(change.to_status)
  const bound = change.not_before === null ? '' : `within ${boundOf(change)}`
  const line = [
    shell.paint('dim', clockOf(change.not_after)),
    `${account}/${padEnd(cutMiddle(clean(change.migration_id), idWidth), Math.min(idWidth, 36))}`,
    padEnd(`${from} → ${to}`, bound === '' ? 0 : STATUSES).replace(to, () =>
      shell.paint(PHASE_STYLE[change.to_phase], to),
    ),
    bound,
  ]
  return line.join('  ').trimEnd()
}

import { type Command, Option } from 'commander'

import { EVENT_TYPES, type EventType } from '../../domain/event-type.ts'
import type { ReplayCount, ReplayFilter } from '../../store/replays.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG, moment } from '../options.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { clean } from '../text.ts'

interface ReplayOptions extends CommonOptions {
  readonly since?: Date
  readonly until?: Date
  readonly type?: readonly EventType[]
  readonly hook?: string
  readonly dead?: true
  readonly dryRun?: true
}

const EXAMPLES = `
Each event goes out once more under the id that it always had, to the hooks that want it, in the order of its migration.
A disabled hook's are held.

Examples:
  $ landfall replay --dead --hook default
  $ landfall replay --since 2026-03-04T09:00:00Z --until 2026-03-04T10:00:00Z --dry-run
  $ landfall replay evt_019aa9b2c1d77a5c8f0e4b6d3a21c7f4`

export function addReplay(program: Command, shell: Shell): void {
  program
    .command('replay')
    .description('send events again')
    .argument('[event]', 'the id of one event')
    .option('--since <time>', 'recorded at this time or later (RFC 3339, or so long ago: 2h)', moment)
    .option('--until <time>', 'recorded before this time', moment)
    .addOption(new Option('--type <type...>', 'only of these types').choices(EVENT_TYPES))
    .option('--hook <name>', 'only to this hook')
    .option('--dead', 'only deliveries that were given up')
    .option('--dry-run', 'count them, and send nothing')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((event: string | undefined, options: ReplayOptions) => replay(shell, event, options))
}

async function replay(shell: Shell, event: string | undefined, options: ReplayOptions): Promise<void> {
  const { since, until, type: types, hook, dead, dryRun, json } = options
  if (event === undefined && since === undefined && until === undefined && dead === undefined) {
    throw new Failure(EXIT.usage, 'Say what to send again: an event, --since, --until or --dead.')
  }
  const filter: ReplayFilter = { event, since, until, types, hook, dead }
  const { withStore } = await import('../open-store.ts')
  const { countReplay, replayEvents } = await import('../../store/replays.ts')
  const { requireHook } = await import('../hooks/find.ts')
  await withStore(shell, async ({ db }) => {
    if (hook !== undefined) await requireHook(db, hook)
    shell.status('Looking for what to send …')
    const counts = dryRun ? await countReplay(db, filter) : await replayEvents(db, filter)
    if (json) return shell.printJson({ dry_run: dryRun === true, hooks: counts })
    tell(shell, event, counts, dryRun === true)
  })
}

const COLUMNS: readonly Column[] = [
  { title: 'HOOK' },
  { title: 'EVENTS', alignRight: true },
  { title: 'DELIVERED', alignRight: true },
  { title: 'DEAD', alignRight: true },
  { title: 'HELD', alignRight: true },
  { title: 'PENDING', alignRight: true },
  { title: 'UNSENT', alignRight: true },
]

function tell(shell: Shell, event: string | undefined, counts: readonly ReplayCount[], isDry: boolean): void {
  if (counts.length === 0) {
    const what =
      event === undefined ? 'No event fits.' : `No hook wants an event with the id ${clean(event)}.`
    throw new Failure(EXIT.failure, what)
  }
  const table = renderTable(COLUMNS, counts.map(cellsOf), { width: shell.width(), paint: shell.paint })
  for (const line of table) shell.print(line)
  shell.note(
    isDry
      ? 'Nothing was sent (--dry-run); the states are those of now.'
      : 'On the way; the states are those of before.',
  )
}

function cellsOf(row: ReplayCount): Cell[] {
  const { delivered, dead, held, pending, unsent } = row
  const numbers = [delivered + dead + held + pending + unsent, delivered, dead, held, pending, unsent]
  return [{ text: row.hook }, ...numbers.map((n) => ({ text: String(n) }))]
}

import { type Command, Option } from 'commander'

import { EVENT_TYPES } from '../../domain/event-type.ts'
import type { EventsOptions } from '../events/options.ts'
import { moment, wholeNumber } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
The newest come first. With --follow, or behind an event (--after), they come in the order in which they were committed,
which is the same for every reader and leaves none out: remember the last event_id, and go on behind it.

Examples:
  $ landfall events --type migration.failed migration.abandoned --since 24h
  $ landfall events --follow
  $ landfall events --follow --after evt_019aa9b2c1d77a5c8f0e4b6d3a21c7f4 --json | ./import-events`

export function addEvents(program: Command, shell: Shell): void {
  program
    .command('events')
    .description('list what was told, or follow it')
    .addOption(new Option('--type <type...>', 'only of these types').choices(EVENT_TYPES))
    .option('--account <name>', 'only of this account')
    .option('--since <time>', 'recorded at this time or later (RFC 3339, or so long ago: 2h)', moment)
    .addOption(new Option('--after <event>', 'only what was committed behind this event').conflicts('since'))
    .option('--follow', 'go on with those that come')
    .addOption(
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber(1, 100_000))
        .default(50)
        .conflicts('follow'),
    )
    .option('--json', 'print JSON; JSON lines with --follow')
    .addHelpText('after', EXAMPLES)
    .action(async (options: EventsOptions) => {
      const { events } = await import('../events/events.ts')
      await events(shell, options)
    })
}

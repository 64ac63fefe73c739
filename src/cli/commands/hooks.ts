import { type Command, Option } from 'commander'

import { EVENT_TYPES } from '../../domain/event-type.ts'
import {
  type AddOptions,
  type AlterOptions,
  DELIVERY_STATES,
  type DeliveriesOptions,
  type RotateOptions,
} from '../hooks/options.ts'
import { type CommonOptions, JSON_FLAG, wholeNumber } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
A hook is disabled when its receiver answers 410, or fails everything for five days. Its events are held, and go out
once it is enabled again. Those that are added here stand in the database, encrypted under LANDFALL_SECRET_KEY; the others
in the configuration.

Examples:
  $ landfall hooks list
  $ landfall hooks add ops --url https://example.com/landfall --events migration.failed account.suspended
  $ landfall hooks alter ops --events migration.failed migration.abandoned
  $ landfall hooks test default
  $ landfall hooks deliveries default --state dead
  $ landfall hooks enable default`

/** What each of them does is loaded once it is called. */
export function addHooks(program: Command, shell: Shell): void {
  const hooks = program
    .command('hooks')
    .description('add, alter, list, test, enable, disable, rotate and remove hooks; list deliveries')
    .addHelpText('after', EXAMPLES)
  const addFor = (name: string, description: string) =>
    hooks
      .command(name)
      .description(description)
      .argument('<name>', 'the hook')
      .option(...JSON_FLAG)

  hooks
    .command('list')
    .description('list the hooks, how they do and what waits for them')
    .option(...JSON_FLAG)
    .action(async (options: CommonOptions) => (await import('../hooks/list.ts')).listAll(shell, options))
  addFor('deliveries', 'list deliveries, the newest events first')
    .addOption(new Option('--state <state>', 'only in this state').choices(DELIVERY_STATES))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 50)
    .action(async (name: string, options: DeliveriesOptions) =>
      (await import('../hooks/deliveries.ts')).listDeliveriesOf(shell, name, options),
    )
  addFor('test', 'send it an event of type hook.test now, and tell what it answered').action(
    async (name: string, options: CommonOptions) =>
      (await import('../hooks/test.ts')).test(shell, name, options),
  )
  addFor('enable', 'enable a hook, and send what was held for it').action(
    async (name: string, options: CommonOptions) =>
      (await import('../hooks/switch.ts')).enable(shell, name, options),
  )
  addFor('disable', 'disable a hook: its events are held until it is enabled').action(
    async (name: string, options: CommonOptions) =>
      (await import('../hooks/switch.ts')).disable(shell, name, options),
  )
  addFor('rotate', 'make a new secret for a webhook, and tell how to bring it in')
    .option('--overlap <time>', 'how long the old secret of a stored hook goes on signing (24h)')
    .action(async (name: string, options: RotateOptions) =>
      (await import('../hooks/rotate.ts')).rotate(shell, name, options),
    )
  addStored(addFor, shell)
}

/** Hooks that stand in the database. */
function addStored(addFor: (name: string, description: string) => Command, shell: Shell): void {
  const addSettings = (command: Command) =>
    command
      .option('--url <url>', 'where it leads')
      .option('--url-file <path>', 'a file with the URL, which other users of this machine then cannot see')
      .addOption(
        new Option('--events <type...>', 'what it gets (a new one: the four endings)').choices(EVENT_TYPES),
      )
      .addOption(
        new Option('--format <format>', 'the body (a new one: cloudevents)').choices([
          'cloudevents',
          'standard',
        ]),
      )
      .option('--link <url>', 'where messages lead, with {account} and {migration_id} in it (slack)')

  addSettings(
    addFor('add', 'store a hook, which running daemons send to at once; its secret is shown this once'),
  )
    .addOption(new Option('--kind <kind>', 'what it is (webhook)').choices(['webhook', 'slack']))
    .addOption(
      new Option('--signing <key>', 'a shared secret, or a pair of keys').choices(['shared', 'pair']),
    )
    .action(async (name: string, options: AddOptions) =>
      (await import('../hooks/stored.ts')).add(shell, name, options),
    )
  addSettings(addFor('alter', 'alter a stored hook; what is not given stays as it is')).action(
    async (name: string, options: AlterOptions) =>
      (await import('../hooks/stored.ts')).alter(shell, name, options),
  )
  addFor('remove', 'remove a stored hook; what it has not got is given up').action(
    async (name: string, options: CommonOptions) =>
      (await import('../hooks/stored.ts')).remove(shell, name, options),
  )
}

import { type Command, Option } from 'commander'

import { DELIVERY_STATES, type DeliveriesOptions } from '../hooks/options.ts'
import { type CommonOptions, JSON_FLAG, wholeNumber } from '../options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
A hook is disabled when its receiver answers 410, or fails everything for five days. Its events are held, and go out
once it is enabled again.

Examples:
  $ landfall hooks list
  $ landfall hooks test default
  $ landfall hooks deliveries default --state dead
  $ landfall hooks enable default`

/** What each of them does is loaded once it is called. */
export function addHooks(program: Command, shell: Shell): void {
  const hooks = program
    .command('hooks')
    .description('list hooks and their deliveries; test, enable, disable and rotate them')
    .addHelpText('after', EXAMPLES)
  const addFor = (name: string, description: string) =>
    hooks
      .command(name)
      .description(description)
      .argument('<name>', 'the hook')
      .option(...JSON_FLAG)

  hooks
    .command('list')
    .description('list the configured hooks, how they do and what waits for them')
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
  addFor('rotate', 'make a new secret for a webhook, and tell how to bring it in').action(
    async (name: string, options: CommonOptions) =>
      (await import('../hooks/rotate.ts')).rotate(shell, name, options),
  )
}

import type { Command } from 'commander'

import type { HookRow } from '../../store/hooks.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { clean } from '../text.ts'

const EXAMPLES = `
A hook is disabled when its receiver answers 410, or fails everything for five days. Its events are held, and go out
once it is enabled again.

Examples:
  $ landfall hooks list
  $ landfall hooks enable default`

export function addHooks(program: Command, shell: Shell): void {
  const hooks = program
    .command('hooks')
    .description('list hooks, and enable one that was disabled')
    .addHelpText('after', EXAMPLES)
  hooks
    .command('list')
    .description('list the configured hooks and what waits for them')
    .option(...JSON_FLAG)
    .action((options: CommonOptions) => list(shell, options))
  hooks
    .command('enable')
    .description('enable a hook, and send what was held for it')
    .argument('<name>', 'the hook')
    .option(...JSON_FLAG)
    .action((name: string, options: CommonOptions) => enable(shell, name, options))
}

const COLUMNS: readonly Column[] = [
  { title: 'HOOK' },
  { title: 'KIND' },
  { title: 'STATE' },
  { title: 'PENDING', alignRight: true },
  { title: 'HELD', alignRight: true },
  { title: 'DEAD', alignRight: true },
  { title: 'WHY', cut: 'end' },
  { title: 'EVENTS', cut: 'end', optional: true },
]

async function list(shell: Shell, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { listHooks } = await import('../../store/hooks.ts')
  await withStore(shell, async ({ db }) => {
    const rows = await listHooks(db)
    if (json) return shell.printJson(rows)
    if (rows.length === 0) return shell.note('No hook is configured: LANDFALL_WEBHOOK_URL makes one.')
    const lines = renderTable(COLUMNS, rows.map(cellsOf), { width: shell.width(), paint: shell.paint })
    for (const line of lines) shell.print(line)
  })
}

function cellsOf(row: HookRow): Cell[] {
  return [
    { text: row.name },
    { text: row.kind },
    { text: row.state, style: row.state === 'active' ? 'green' : 'red' },
    { text: String(row.pending) },
    { text: String(row.held) },
    { text: String(row.dead), ...(row.dead > 0 && { style: 'red' as const }) },
    { text: row.state_reason ?? '-' },
    { text: row.events.join(', ') },
  ]
}

async function enable(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { enableHook, listHooks } = await import('../../store/hooks.ts')
  await withStore(shell, async ({ db }) => {
    const released = await enableHook(db, name)
    if (released === null) {
      const names = (await listHooks(db)).map((hook) => hook.name).join(', ')
      throw new Failure(EXIT.failure, `No hook is called ${clean(name)}. There is ${names || 'none at all'}.`)
    }
    if (json) return shell.printJson({ name, state: 'active', released })
    const held =
      released === 0
        ? 'Nothing was held for it.'
        : `${released} held ${released === 1 ? 'delivery is' : 'deliveries are'} on the way.`
    shell.print(`Hook ${name} is active. ${held}`)
  })
}

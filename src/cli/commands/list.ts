import { type Command, Option } from 'commander'

import { PHASES, type Phase } from '../../domain/phase.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { type CommonOptions, JSON_FLAG, wholeNumber } from '../options.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { formatDistance } from '../times.ts'

interface ListOptions extends CommonOptions {
  readonly account?: string
  readonly status?: string
  readonly phase?: Phase
  readonly company?: string
  readonly live?: true
  readonly limit: number
}

const EXAMPLES = `
The migrations whose status changed last come first.

Examples:
  $ landfall list --live
  $ landfall list --phase needs_input --company 7c1e02aa
  $ landfall list --json --limit 1000 | jq -r '.[].migration_id'`

export function addList(program: Command, shell: Shell): void {
  program
    .command('list')
    .description('list migrations')
    .option('--account <name>', 'only of this account')
    .option('--status <status>', 'only with this status, as the provider spells it')
    .addOption(new Option('--phase <phase>', 'only in this phase').choices(PHASES))
    .option('--company <id>', 'only of this company')
    .option('--live', 'only those that have not ended')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 50)
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: ListOptions) => list(shell, options))
}

async function list(
  shell: Shell,
  { limit, json, account, status, phase, company, live }: ListOptions,
): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { loadNow } = await import('../../store/clock.ts')
  const { listMigrations } = await import('../../store/views/migration-list.ts')
  await withStore(shell, async ({ db }) => {
    const filter = {
      accounts: account === undefined ? undefined : [account],
      statuses: status === undefined ? undefined : [status],
      phases: phase && [phase],
      company,
      live,
    }
    const order = { by: 'status_since', newestFirst: true } as const
    const { rows, next } = await listMigrations(db, filter, { order, limit })
    if (json) shell.printJson(rows)
    else if (rows.length === 0) shell.note('No migration fits.')
    else for (const line of renderList(shell, rows, await loadNow(db))) shell.print(line)
    if (next !== null) shell.note(`There are more than these ${limit}: --limit ${limit * 10} shows them.`)
  })
}

const COLUMNS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'ID', cut: 'middle' },
  { title: 'STATUS' },
  { title: 'SINCE', alignRight: true },
  { title: 'COMPANY', cut: 'middle', optional: true },
  { title: 'DUE', optional: true },
]

function renderList(shell: Shell, rows: readonly MigrationRow[], now: Date): string[] {
  const cells = rows.map((row): Cell[] => [
    { text: row.account },
    { text: row.migration_id },
    { text: row.status, style: PHASE_STYLE[row.phase] },
    { text: formatDistance(row.status_since, now) },
    { text: row.company_id ?? '-' },
    { text: row.vanished_at === null ? formatDistance(row.next_poll_at, now) : 'never, vanished' },
  ])
  return renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint })
}

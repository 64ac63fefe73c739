import type { Config } from '../../config/config.ts'
import { publicKeysOf } from '../../hooks/signature.ts'
import { loadNow } from '../../store/clock.ts'
import type { Db } from '../../store/db.ts'
import { type HookRow, listHooks } from '../../store/hooks.ts'
import { listStoredHooks } from '../../store/stored-hooks.ts'
import { openSettings, storedPublicKeys } from '../../work/stored-settings.ts'
import { withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { formatDistance } from '../times.ts'
import { vaultOf } from './stored.ts'

const COLUMNS: readonly Column[] = [
  { title: 'HOOK' },
  { title: 'KIND' },
  { title: 'SOURCE', optional: true },
  { title: 'STATE' },
  { title: 'PENDING', alignRight: true },
  { title: 'HELD', alignRight: true },
  { title: 'DEAD', alignRight: true },
  { title: 'WHY', cut: 'end' },
  { title: 'EVENTS', cut: 'end', optional: true },
]

export async function listAll(shell: Shell, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async ({ db, config }) => {
    const rows = await listHooks(db)
    if (json) {
      const stored = await keysOfStored(db, config)
      const keysOf = (name: string) => stored.get(name) ?? keysOfHook(config, name)
      return shell.printJson(rows.map((row) => ({ ...row, public_keys: keysOf(row.name) })))
    }
    if (rows.length === 0)
      return shell.note('There is no hook: LANDFALL_WEBHOOK_URL makes one, and so does landfall hooks add.')
    const now = await loadNow(db)
    const cells = rows.map((row) => cellsOf(row, now))
    const lines = renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint })
    for (const line of lines) shell.print(line)
  })
}

/** What receivers verify ed25519 signatures with. */
function keysOfHook({ hooks }: Config, name: string): string[] {
  const hook = hooks.find((one) => one.name === name)
  return hook?.kind === 'webhook' ? publicKeysOf(hook.secrets) : []
}

async function keysOfStored(db: Db, config: Config): Promise<Map<string, string[]>> {
  const vault = vaultOf(config)
  const rows = await listStoredHooks(db)
  return new Map(
    rows.map((row) => {
      const opened = openSettings(vault, row)
      return [row.name, opened.kind === 'opened' ? storedPublicKeys(opened.settings) : []]
    }),
  )
}

function cellsOf(row: HookRow, now: Date): Cell[] {
  const isFailing = row.state === 'active' && row.failures > 0
  return [
    { text: row.name },
    { text: row.kind },
    { text: row.source },
    isFailing
      ? { text: 'failing', style: 'yellow' }
      : { text: row.state, style: row.state === 'active' ? 'green' : 'red' },
    { text: String(row.pending) },
    { text: String(row.held) },
    { text: String(row.dead), ...(row.dead > 0 && { style: 'red' as const }) },
    { text: isFailing ? describeRun(row, now) : (row.state_reason ?? '-') },
    { text: row.events.join(', ') },
  ]
}

function describeRun({ failures, failing_since }: HookRow, now: Date): string {
  const times = failures === 1 ? 'once' : `${failures} times in a row`
  return `failed ${times}, first ${formatDistance(failing_since, now)}`
}

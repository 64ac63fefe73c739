import { loadNow } from '../../store/clock.ts'
import { listNewestDeliveries, type ToldDeliveryRow } from '../../store/views/deliveries.ts'
import { withStore } from '../open-store.ts'
import type { Shell, Style } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { formatDistance } from '../times.ts'
import { requireHook } from './find.ts'
import type { DeliveriesOptions, DeliveryState } from './options.ts'

const COLUMNS: readonly Column[] = [
  { title: 'EVENT', cut: 'middle' },
  { title: 'TYPE', cut: 'end' },
  { title: 'ABOUT', cut: 'middle', optional: true },
  { title: 'RECORDED', alignRight: true },
  { title: 'STATE' },
  { title: 'ATTEMPTS', alignRight: true },
  { title: 'NEXT', alignRight: true },
  { title: 'LAST ERROR', cut: 'end', optional: true },
]

const STYLE: Partial<Record<DeliveryState, Style>> = { delivered: 'green', dead: 'red', held: 'yellow' }

export async function listDeliveriesOf(
  shell: Shell,
  name: string,
  { state, limit, json }: DeliveriesOptions,
): Promise<void> {
  await withStore(shell, async ({ db }) => {
    await requireHook(db, name)
    const { rows, next } = await listNewestDeliveries(db, { hook: name, state, limit })
    if (json) shell.printJson(rows)
    else if (rows.length === 0) shell.note('No delivery fits.')
    else {
      const now = await loadNow(db)
      const cells = rows.map((row) => cellsOf(row, now))
      const table = renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint })
      for (const line of table) shell.print(line)
    }
    if (next !== null) shell.note(`There are more than these ${limit}: --limit ${limit * 10} shows them.`)
  })
}

function cellsOf(row: ToldDeliveryRow, now: Date): Cell[] {
  const style = STYLE[row.state]
  return [
    { text: row.event_id },
    { text: row.event_type },
    { text: row.migration_id ?? row.account ?? '-' },
    { text: formatDistance(row.recorded_at, now) },
    { text: row.state, ...(style !== undefined && { style }) },
    { text: String(row.attempts) },
    { text: formatDistance(row.next_attempt_at, now) },
    { text: row.last_error ?? '-' },
  ]
}

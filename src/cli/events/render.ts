import type { Phase } from '../../domain/phase.ts'
import type { EventRecord } from '../../store/views/history.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell, Style } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { clean, count, cutMiddle, padEnd } from '../text.ts'
import { formatMoment } from '../times.ts'

const COLUMNS: readonly Column[] = [
  { title: 'RECORDED AT' },
  { title: 'TYPE' },
  { title: 'ABOUT', cut: 'middle' },
  { title: 'WHAT', cut: 'end', optional: true },
  { title: 'ID', cut: 'middle', optional: true },
]

export function renderEvents(shell: Shell, events: readonly EventRecord[]): string[] {
  const cells = events.map((event): Cell[] => [
    { text: formatMoment(event.recorded_at) },
    { text: event.type, style: styleOf(event) },
    { text: aboutOf(event) },
    { text: whatOf(event) },
    { text: event.event_id },
  ])
  return renderTable(COLUMNS, cells, { width: shell.width(), paint: shell.paint })
}

/** The longest type. */
const TYPE_WIDTH = 'migration.completed_with_failures'.length
const LEAST = 14

/** One of many that come one by one, so that nobody knows yet how wide the columns have to be. */
export function renderEventLine(shell: Shell, event: EventRecord): string {
  const what = whatOf(event)
  const room = shell.width() - 20 - TYPE_WIDTH - what.length - 3 * 2
  return [
    shell.paint('dim', formatMoment(event.recorded_at)),
    shell.paint(styleOf(event), padEnd(event.type, TYPE_WIDTH)),
    cutMiddle(aboutOf(event), Math.max(LEAST, room)),
    what,
  ]
    .join('  ')
    .trimEnd()
}

function aboutOf({ account, migration_id: id, payload }: EventRecord): string {
  if (account === null) return `hook ${textOf(payload['hook'])}`
  return id === null ? account : `${account}/${clean(id)}`
}

/** What an event says, in a few words. */
function whatOf({ type, payload }: EventRecord): string {
  const status = textOf(payload['status'])
  const previous = textOf(payload['previous_status'])
  if (status !== '') return previous === '' || previous === status ? status : `${previous} → ${status}`
  if (type === 'account.baseline_completed') return count(Number(payload['migrations']), 'migration')
  return textOf(payload['reason'])
}

function styleOf({ payload }: EventRecord): Style {
  const phase = textOf(payload['phase'])
  return Object.hasOwn(PHASE_STYLE, phase) ? PHASE_STYLE[phase as Phase] : 'yellow'
}

const textOf = (value: unknown) => (typeof value === 'string' ? clean(value) : '')

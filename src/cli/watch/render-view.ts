import { formatDuration } from '../../domain/duration.ts'
import { PHASES, type Phase } from '../../domain/phase.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { type Column, renderTable } from '../table.ts'
import { clean, padStart, widthOf } from '../text.ts'
import { formatDistance, formatMoment } from '../times.ts'
import { renderChange } from './change-line.ts'
import type { Health, Standing } from './load-view.ts'
import { renderHealth } from './render-health.ts'

export interface Frame {
  readonly width: number
  readonly height: number
  readonly paint: Shell['paint']
  /** What is wrong with the view itself; empty where nothing is. */
  readonly trouble: string
}

/** At most `height` lines: what has just happened and what is under way share the room that the rest leaves. */
export function renderView(standing: Standing, health: Health, frame: Frame): string[] {
  const fixed = [renderTitle(standing, frame), ...renderCounts(standing, frame)]
  for (const table of renderHealth(health, frame)) {
    // Below stand a heading and a gap for each of the two lists, and a few rows.
    if (fixed.length + 1 + table.length + 10 <= frame.height) fixed.push('', ...table)
  }
  const room = Math.max(0, frame.height - fixed.length - 5)
  const migrations = renderMigrations(standing, frame)
  const changes = standing.changes.map((change) => renderChange(frame.paint, frame.width, change))
  const half = Math.ceil(room / 2)
  // A list that needs less than its half leaves the rest to the other.
  const forChanges = Math.min(changes.length || 1, Math.max(half, room - migrations.rows.length))
  const title = (text: string) => frame.paint('bold', text)
  return [
    ...fixed,
    '',
    title('Newest transitions'),
    ...(changes.length === 0 ? ['None yet.'] : changes).slice(0, forChanges),
    '',
    ...migrations.heading.map((line, index) => (index === 0 ? title(line) : line)),
    ...migrations.rows.slice(0, Math.max(0, room - forChanges)),
  ].slice(0, frame.height)
}

function renderTitle({ now }: Standing, { width, paint, trouble }: Frame): string {
  const moment = formatMoment(now.toISOString())
  const title = trouble === '' ? 'Landfall' : trouble
  const room = width - widthOf(title)
  const hints = [`${moment}  q quits`, `${moment.slice(11)}  q quits`, 'q quits']
  const hint = hints.find((text) => text.length + 2 <= room) ?? ''
  return `${paint(trouble === '' ? 'bold' : ['red', 'bold'], title)}${paint('dim', padStart(hint, room))}`
}

/** Live phases in one line, ends in the next. */
function renderCounts({ counts }: Standing, { paint }: Frame): string[] {
  const ends: readonly Phase[] = ['succeeded', 'partial', 'failed', 'abandoned']
  const tell = (phase: Phase) => {
    const text = `${counts.get(phase) ?? 0} ${phase.replace('_', ' ')}`
    return paint((counts.get(phase) ?? 0) === 0 ? 'dim' : PHASE_STYLE[phase], text)
  }
  // A status that nobody knows is worth a word only where there is one.
  const live = PHASES.filter(
    (phase) => !ends.includes(phase) && (phase !== 'unknown' || (counts.get(phase) ?? 0) > 0),
  )
  return [`live   ${live.map(tell).join('   ')}`, `ended  ${ends.map(tell).join('   ')}`]
}

const COLUMNS: readonly Column[] = [
  { title: 'MIGRATION', cut: 'middle' },
  { title: 'STATUS' },
  { title: 'SINCE', alignRight: true },
  { title: 'LAST READ', alignRight: true },
  { title: 'COMPANY', cut: 'middle', optional: true },
]

function renderMigrations(
  standing: Standing,
  { width, paint }: Frame,
): { heading: string[]; rows: string[] } {
  const { migrations, unknown, now } = standing
  const cells = migrations.map((row) => [
    { text: `${row.account}/${row.migration_id}` },
    { text: `${row.status}${row.vanished_at === null ? '' : ' (vanished)'}`, style: PHASE_STYLE[row.phase] },
    { text: formatDuration(Math.max(0, now.getTime() - Date.parse(row.status_since))) },
    { text: formatDistance(row.last_observed_at, now) },
    { text: row.company_id ?? '-' },
  ])
  const missing = unknown.map((id) => `${clean(id)} is not known yet.`)
  const [head = '', ...rows] = renderTable(COLUMNS, cells, { width, paint })
  if (unknown.length > 0 || migrations.some((row) => row.is_terminal)) {
    return { heading: ['Migrations', head], rows: [...rows, ...missing] }
  }
  return { heading: ['Under way, the longest without a change first', head], rows }
}

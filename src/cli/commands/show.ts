import type { Command } from 'commander'

import type { DeliveryRow } from '../../store/views/deliveries.ts'
import type { EventRecord, TransitionRow } from '../../store/views/history.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { type Cell, type Column, renderTable } from '../table.ts'
import { clean, escapeJson } from '../text.ts'
import { boundOf, formatDistance, formatMoment, msBetween } from '../times.ts'

const EXAMPLES = `
A transition's bound is the time between the two readings around it: it was noticed at most that late.

Examples:
  $ landfall show 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11
  $ landfall show acme/9f5b01c7…9a11         as tables shorten it, and only in account acme
  $ landfall show 9f5b01c7…9a11 --json | jq .transitions`

export function addShow(program: Command, shell: Shell): void {
  program
    .command('show')
    .description('show one migration with its history')
    .argument('<[account/]id>', 'the migration')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: CommonOptions) => show(shell, id, options))
}

interface Found {
  readonly migration: MigrationRow
  readonly transitions: readonly TransitionRow[]
  readonly events: readonly EventRecord[]
  readonly deliveries: readonly DeliveryRow[]
}

async function show(shell: Shell, id: string, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { requireMigration } = await import('../find-migration.ts')
  const { loadNow } = await import('../../store/clock.ts')
  const { listDeliveries } = await import('../../store/views/deliveries.ts')
  const { listEvents, listTransitions } = await import('../../store/views/history.ts')
  await withStore(shell, async ({ db }) => {
    const migration = await requireMigration(db, id)
    const transitions = await listTransitions(db, migration)
    const events = await listEvents(db, migration)
    const deliveries = await listDeliveries(
      db,
      events.map((event) => event.event_id),
    )
    if (json)
      return shell.printJson({ migration, transitions: transitions.map(withBound), events, deliveries })
    const now = await loadNow(db)
    for (const line of render(shell, { migration, transitions, events, deliveries }, now)) shell.print(line)
  })
}

function withBound(transition: TransitionRow) {
  const ms = msBetween(transition.not_before, transition.not_after)
  return { ...transition, bound_seconds: ms === null ? null : ms / 1000 }
}

function render(shell: Shell, { migration, transitions, events, deliveries }: Found, now: Date): string[] {
  const table = (columns: readonly Column[], rows: readonly Cell[][]) =>
    renderTable(columns, rows, { width: shell.width(), paint: shell.paint })
  const title = (text: string) => shell.paint('bold', text)
  return [
    title(`${migration.account}/${clean(migration.migration_id)}`),
    ...renderFacts(shell, migration, now),
    '',
    title('Transitions'),
    ...table(TRANSITION_COLUMNS, transitions.map(transitionCells)),
    '',
    title('Events'),
    ...table(EVENT_COLUMNS, events.map(eventCells)),
    '',
    title('Deliveries'),
    ...(deliveries.length === 0
      ? ['No hook wanted any of these events.']
      : table(
          DELIVERY_COLUMNS,
          deliveries.map((delivery) => deliveryCells(delivery, now)),
        )),
  ]
}

function renderFacts(shell: Shell, row: MigrationRow, now: Date): string[] {
  const when = (moment: string | null) =>
    moment === null ? '-' : `${formatMoment(moment)}  ${formatDistance(moment, now)}`
  const status = shell.paint(PHASE_STYLE[row.phase], clean(row.status))
  const extra = Object.keys(row.attributes).length > 0 ? escapeJson(row.attributes) : null
  const facts: [string, string | null][] = [
    ['status', `${status} (${row.phase}${row.overdue ? ', overdue' : ''})`],
    ['since', when(row.status_since)],
    ['company', clean(row.company_id ?? '-')],
    ['created by', clean(row.created_by_user_id ?? '-')],
    ['created', when(row.created_at)],
    ['first seen', when(row.first_seen_at)],
    ['last read', `${when(row.last_observed_at)}, by ${row.last_observed_via}`],
    ['due', row.next_poll_at === null ? 'never' : when(row.next_poll_at)],
    ['vanished', row.vanished_at === null ? null : when(row.vanished_at)],
    ['polls', String(row.polls)],
    ['attributes', extra],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(11)} ${value}`]))
}

const TRANSITION_COLUMNS: readonly Column[] = [
  { title: '#', alignRight: true },
  { title: 'SEEN AT' },
  { title: 'FROM' },
  { title: 'TO' },
  { title: 'BOUND', alignRight: true },
  { title: 'BY' },
]

function transitionCells(row: TransitionRow): Cell[] {
  return [
    { text: String(row.seq) },
    { text: formatMoment(row.not_after) },
    { text: row.from_status ?? '-' },
    { text: row.to_status, style: PHASE_STYLE[row.to_phase] },
    { text: boundOf(row) },
    { text: row.observed_via },
  ]
}

const EVENT_COLUMNS: readonly Column[] = [
  { title: '#', alignRight: true },
  { title: 'RECORDED AT' },
  { title: 'TYPE' },
  { title: 'ID', cut: 'middle' },
]

function eventCells(row: EventRecord): Cell[] {
  return [
    { text: String(row.sequence) },
    { text: formatMoment(row.recorded_at) },
    { text: row.type },
    { text: row.event_id },
  ]
}

const DELIVERY_COLUMNS: readonly Column[] = [
  { title: 'HOOK' },
  { title: 'EVENT' },
  { title: 'STATE' },
  { title: 'ATTEMPTS', alignRight: true },
  { title: 'WHEN' },
  { title: 'LAST TROUBLE', cut: 'end' },
]

const STATE_STYLE = { pending: 'yellow', delivered: 'green', dead: 'red', held: 'magenta' } as const

function deliveryCells(row: DeliveryRow, now: Date): Cell[] {
  const next = row.next_attempt_at === null ? '-' : `next ${formatDistance(row.next_attempt_at, now)}`
  return [
    { text: row.hook },
    { text: row.event_type },
    { text: row.state, style: STATE_STYLE[row.state] },
    { text: String(row.attempts) },
    { text: row.delivered_at === null ? next : formatMoment(row.delivered_at) },
    { text: row.last_error || '-' },
  ]
}

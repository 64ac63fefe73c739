import type { OutgoingEvent } from '../domain/outgoing-event.ts'
import { PHASES } from '../domain/phase.ts'

/** How many of an account's migrations stand in each phase. */
export type PhaseCounts = Readonly<Record<string, number>>

export interface SlackMessage {
  /** For notifications, and whatever shows no blocks. */
  readonly text: string
  readonly blocks: readonly object[]
}

const TITLES: Readonly<Record<string, string>> = {
  'migration.discovered': ':new: Migration found',
  'migration.status_changed': ':arrow_right: Migration changed',
  'migration.completed': ':white_check_mark: Migration completed',
  'migration.completed_with_failures': ':warning: Migration completed with failures',
  'migration.failed': ':x: Migration failed',
  'migration.abandoned': ':no_entry_sign: Migration abandoned',
  'migration.needs_input': ':raised_hand: Migration needs input',
  'migration.overdue': ':hourglass: Migration overdue',
  'migration.reopened': ':leftwards_arrow_with_hook: Migration goes on after its end',
  'migration.vanished': ':ghost: Migration vanished',
  'migration.unknown_status': ':grey_question: Migration with an unknown status',
  'account.baseline_completed': ':checkered_flag: Account read completely for the first time',
  'account.suspended': ':lock: Account suspended',
  'account.resumed': ':unlock: Account resumed',
  'hook.failing': ':rotating_light: Hook failing',
  'hook.disabled': ':octagonal_sign: Hook disabled',
}

const FIELDS = [
  ['Account', 'account'],
  ['Company', 'company_id'],
  ['Hook', 'hook'],
  ['Reason', 'reason'],
  ['Last error', 'last_error'],
  ['Disabled at', 'disabled_at'],
] as const

/** Slack refuses longer texts in these places. */
const MAX_FIELD = 1_900

/** A message that a person reads: what happened to what, how the account stands, and where to look. */
export function slackMessage(event: OutgoingEvent, counts: PhaseCounts | null, link: string): SlackMessage {
  const title = TITLES[event.type] ?? event.type
  const about = event.subject ?? String(event.data['account'] ?? event.data['hook'] ?? '')
  const fields = [...statusField(event), ...FIELDS.flatMap(([name, key]) => field(name, event.data[key]))]
  const counted = counts === null ? '' : describeCounts(counts)
  const footer = [escapeText(event.time), ...(counted === '' ? [] : [counted])].join('  ·  ')
  return {
    text: `${title}: ${escapeText(about)}`,
    blocks: [
      section(`*${title}*\n<${escapeText(link)}|${escapeText(about)}>`),
      ...(fields.length > 0 ? [{ type: 'section', fields: fields.slice(0, 10) }] : []),
      { type: 'context', elements: [{ type: 'mrkdwn', text: footer }] },
    ],
  }
}

function statusField({ data }: OutgoingEvent): object[] {
  const { status, previous_status: before } = data
  if (typeof status !== 'string') return []
  return field('Status', typeof before === 'string' ? `${before} → ${status}` : status)
}

function field(name: string, value: unknown): object[] {
  if (typeof value !== 'string' || value === '') return []
  return [{ type: 'mrkdwn', text: `*${name}*\n${escapeText(value.slice(0, MAX_FIELD))}` }]
}

function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3_000) } }
}

/** `3 running, 1 needs input, 120 succeeded` */
function describeCounts(counts: PhaseCounts): string {
  return PHASES.filter((phase) => (counts[phase] ?? 0) > 0)
    .map((phase) => `${counts[phase]} ${phase.replace('_', ' ')}`)
    .join(', ')
}

/** The three characters that mean something to Slack; somebody else's text must mention nobody. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

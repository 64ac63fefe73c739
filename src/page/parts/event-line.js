import { html } from '../html.js'
import { hrefTo } from '../route.js'
import { eventWord } from '../words.js'
import { Badge } from './badge.js'
import { Moment } from './moment.js'

/** @import { EventRow } from '../types.d.ts' */

/** @param {{ event: EventRow }} props */
export function EventLine({ event }) {
  return html`
    <span class="event-line">
      <${EventName} event=${event} />
      <${EventSubject} event=${event} />
      <span class="event-when muted"><${Moment} at=${event.recorded_at} /></span>
    </span>
  `
}

/** @param {{ event: Pick<EventRow, 'type'> & Partial<EventRow> }} props */
export function EventName({ event: { type, payload = {} } }) {
  const status =
    type === 'migration.status_changed' ? html` <code class="muted">${payload['status']}</code>` : null
  return html`<${Badge} tone=${toneOf(type, payload)}>${eventWord(type)}${status}<//>`
}

/** What it is about, leading there. @param {{ event: { account: string | null, migration_id: string | null, payload?: Record<string, unknown> } }} props */
export function EventSubject({ event: { account, migration_id: id, payload = {} } }) {
  if (account === null) return html`<a class="subject" href="#/hooks">hook ${payload['hook'] ?? ''}</a>`
  if (id === null) return html`<a class="subject" href="#/accounts">account ${account}</a>`
  return html`<a class="subject" href=${hrefTo(['migrations', account, id])} title=${`${account} / ${id}`}><code>${id}</code></a>`
}

const TONES = /** @type {Readonly<Record<string, string>>} */ ({
  'migration.completed': 'succeeded',
  'migration.completed_with_failures': 'partial',
  'migration.failed': 'failed',
  'migration.abandoned': 'abandoned',
  'migration.needs_input': 'needs_input',
  'migration.overdue': 'needs_input',
  'migration.vanished': 'failed',
  'migration.unknown_status': 'unknown',
  'account.suspended': 'failed',
  'account.resumed': 'succeeded',
  'account.baseline_completed': 'succeeded',
  'hook.failing': 'needs_input',
  'hook.disabled': 'failed',
})

function toneOf(/** @type {string} */ type, /** @type {Record<string, unknown>} */ payload) {
  return TONES[type] ?? (typeof payload['phase'] === 'string' ? payload['phase'] : 'pending')
}

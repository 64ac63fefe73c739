import { html } from '../../html.js'
import { EventLine } from '../../parts/event-line.js'
import { Empty, Loading, Trouble } from '../../parts/states.js'
import { useResource } from '../../resource.js'

/** @import { EventRow, Resource } from '../../types.d.ts' */

const SHOWN = 10

export function Latest() {
  const { data, error, reload } = /** @type {Resource<{ events: EventRow[] }>} */ (
    useResource(`/events/recent?limit=${3 * SHOWN}`)
  )
  return html`
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${data === null ? html`<${Loading} lines=${SHOWN} />` : list(withoutEchoes(data.events).slice(0, SHOWN))}
  `
}

function list(/** @type {EventRow[]} */ events) {
  if (events.length === 0) {
    return html`<${Empty} title="Nothing has happened yet."><p>Events show here as soon as a migration is found or changes.</p><//>`
  }
  return html`<ol class="event-lines">${events.map((event) => html`<li key=${event.event_id}><${EventLine} event=${event} /></li>`)}</ol>`
}

/** A transition that has an event of its own need not be told as a change of status too. */
function withoutEchoes(/** @type {EventRow[]} */ events) {
  const momentOf = (/** @type {EventRow} */ { account, migration_id, recorded_at }) =>
    `${account} ${migration_id} ${recorded_at}`
  const told = new Set(events.filter(({ type }) => type !== 'migration.status_changed').map(momentOf))
  return events.filter((event) => event.type !== 'migration.status_changed' || !told.has(momentOf(event)))
}

import { html } from '../html.js'
import { EventName, EventSubject } from '../parts/event-line.js'
import { Choice, Filters, filter } from '../parts/filters.js'
import { Moment } from '../parts/moment.js'
import { Pager } from '../parts/pager.js'
import { Replay } from '../parts/replay.js'
import { Empty, Trouble } from '../parts/states.js'
import { Table } from '../parts/table.js'
import { useResource } from '../resource.js'
import { route } from '../route.js'
import { useWanted } from '../wanted.js'
import { EVENT_TYPES, eventWord } from '../words.js'

/** @import { Account, Column, EventRow, Resource } from '../types.d.ts' */

const FILTERS = ['type', 'account']

/** @returns {readonly Column<EventRow>[]} */
const columnsWith = (/** @type {(type: string) => boolean} */ isWanted) => [
  { label: 'Event', class: 'wide', show: (event) => html`<${EventName} event=${event} />` },
  { label: 'About', class: 'wide', show: (event) => html`<${EventSubject} event=${event} />` },
  { label: 'Account', show: ({ account }) => account ?? html`<span class="muted">–</span>` },
  { label: 'Recorded', class: 'number', show: ({ recorded_at }) => html`<${Moment} at=${recorded_at} />` },
  {
    label: 'Send again',
    class: 'number',
    show: ({ event_id, type }) =>
      isWanted(type)
        ? html`<${Replay} eventId=${event_id} what=${eventWord(type)} />`
        : html`<span class="muted">no hook wants it</span>`,
  },
]

/** What the outside world was told, the newest first. */
export function Events() {
  const query = new URLSearchParams({ limit: '50', ...Object.fromEntries(route.value.query) })
  const { data, error, isStale, reload } =
    /** @type {Resource<{ events: EventRow[], next_cursor: string | null }>} */ (
      useResource(`/events/recent?${query}`)
    )
  const accounts = /** @type {Resource<{ accounts: Account[] }>} */ (
    useResource('/accounts', { isSlow: true })
  )
  const isWanted = useWanted()
  const names = (accounts.data?.accounts ?? []).map(
    ({ account }) => /** @type {const} */ ([account, account]),
  )
  return html`
    <h1 tabindex="-1">Events</h1>
    <${Filters} names=${FILTERS}>
      <${Choice} name="type" label="Type" options=${[['', 'All types'], ...EVENT_TYPES.map((type) => [type, eventWord(type)])]} />
      <${Choice} name="account" label="Account" options=${[['', 'All accounts'], ...names]} />
    <//>
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${
      (data !== null || error === null) &&
      html`
      <${Table} caption="Events" columns=${columnsWith(isWanted)} rows=${data?.events ?? null} isStale=${isStale && error === null} expected=${15}
        keyOf=${(/** @type {EventRow} */ { event_id }) => event_id} empty=${html`<${NoEvent} />`} />
      <${Pager} next=${data?.next_cursor} />
    `
    }
  `
}

function NoEvent() {
  const isFiltered = FILTERS.some((name) => filter(name) !== '')
  return isFiltered
    ? html`<${Empty} title="No event fits these filters." />`
    : html`<${Empty} title="Nothing has happened yet."><p>Each change of a migration becomes an event, told to the hooks that want it.</p><//>`
}

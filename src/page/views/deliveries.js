import { html } from '../html.js'
import { Badge } from '../parts/badge.js'
import { EventName, EventSubject } from '../parts/event-line.js'
import { Choice, Filters, filter } from '../parts/filters.js'
import { Moment } from '../parts/moment.js'
import { Pager } from '../parts/pager.js'
import { Replay } from '../parts/replay.js'
import { ReplayDead } from '../parts/replay-dead.js'
import { Empty, Trouble } from '../parts/states.js'
import { Table } from '../parts/table.js'
import { useResource } from '../resource.js'
import { hrefTo, route } from '../route.js'
import { DELIVERY_STATES, eventWord } from '../words.js'
import { NoHook } from './hooks.js'

/** @import { Column, Delivery, DeliveryState, Hook, Resource } from '../types.d.ts' */

const FILTERS = ['state', 'hook']

const STATES = /** @type {Readonly<Record<DeliveryState, readonly [tone: string, word: string]>>} */ ({
  pending: ['pending', 'Waiting'],
  delivered: ['succeeded', 'Delivered'],
  dead: ['failed', 'Given up'],
  held: ['needs_input', 'Held'],
})

/** @returns {readonly Column<Delivery>[]} */
const columnsWith = (/** @type {() => void} */ reload) => [
  { label: 'Event', class: 'wide', show: ({ event_type: type }) => html`<${EventName} event=${{ type }} />` },
  { label: 'About', class: 'wide', show: (row) => html`<${EventSubject} event=${row} />` },
  { label: 'Hook', show: ({ hook }) => html`<a href=${hrefTo(['deliveries'], { hook })}>${hook}</a>` },
  { label: 'State', show: ({ state }) => html`<${Badge} tone=${STATES[state][0]}>${STATES[state][1]}<//>` },
  { label: 'Attempts', class: 'number', show: ({ attempts }) => attempts },
  { label: 'Last answer', class: 'wide', show: lastAnswer },
  { label: 'Recorded', class: 'number', show: ({ recorded_at }) => html`<${Moment} at=${recorded_at} />` },
  { label: 'Done or next', class: 'number', show: whenOf },
  {
    label: 'Send again',
    class: 'number',
    show: ({ event_id, event_type, hook }) =>
      html`<${Replay} eventId=${event_id} hook=${hook} what=${eventWord(event_type)} onDone=${reload} />`,
  },
]

/** What was sent where, and what came of it. */
export function Deliveries() {
  const query = new URLSearchParams({ limit: '50', ...Object.fromEntries(route.value.query) })
  const { data, error, isStale, reload } =
    /** @type {Resource<{ deliveries: Delivery[], next_cursor: string | null }>} */ (
      useResource(`/deliveries?${query}`)
    )
  const hooks = /** @type {Resource<{ hooks: Hook[] }>} */ (useResource('/hooks'))
  const names = (hooks.data?.hooks ?? []).map(({ name }) => /** @type {const} */ ([name, name]))
  const states = DELIVERY_STATES.map((state) => /** @type {const} */ ([state, STATES[state][1]]))
  return html`
    <h1 tabindex="-1">Deliveries</h1>
    <div class="toolbar">
      <${Filters} names=${FILTERS}>
        <${Choice} name="state" label="State" options=${[['', 'All states'], ...states]} />
        <${Choice} name="hook" label="Hook" options=${[['', 'All hooks'], ...names]} />
      <//>
      <${ReplayDead} hook=${filter('hook')} onDone=${reload} />
    </div>
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${
      (data !== null || error === null) &&
      html`
      <${Table} caption="Deliveries" columns=${columnsWith(reload)} rows=${data?.deliveries ?? null} isStale=${isStale && error === null} expected=${15}
        keyOf=${(/** @type {Delivery} */ row) => `${row.event_id} ${row.hook}`} empty=${html`<${NoDelivery} hooks=${hooks.data?.hooks ?? null} />`} />
      <${Pager} next=${data?.next_cursor} />
    `
    }
  `
}

function lastAnswer(/** @type {Delivery} */ { last_status_code: code, last_error: error }) {
  if (error !== null) return html`<span class="clamped" title=${error}>${error}</span>`
  return code === null ? html`<span class="muted">–</span>` : code
}

function whenOf(/** @type {Delivery} */ { delivered_at: done, next_attempt_at: next }) {
  return html`<${Moment} at=${done ?? next} />`
}

/** @param {{ hooks: readonly Hook[] | null }} props */
function NoDelivery({ hooks }) {
  if (FILTERS.some((name) => filter(name) !== ''))
    return html`<${Empty} title="No delivery fits these filters." />`
  if (hooks?.length === 0) return html`<${NoHook} />`
  return html`<${Empty} title="Nothing was sent yet."><p>The first event that a hook wants shows here. <a href="#/hooks">Send a test</a> to see whether a hook answers.</p><//>`
}

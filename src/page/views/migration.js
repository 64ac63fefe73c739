import { useEffect, useRef } from 'preact/hooks'
import { html } from '../html.js'
import { spoken } from '../notices.js'
import { Action } from '../parts/action.js'
import { Badge, Status } from '../parts/badge.js'
import { EventName } from '../parts/event-line.js'
import { FullMoment, Since } from '../parts/moment.js'
import { Replay } from '../parts/replay.js'
import { Empty, Loading, Panel, Trouble } from '../parts/states.js'
import { useResource } from '../resource.js'
import { hrefTo } from '../route.js'
import { RequestFailed, request } from '../session.js'
import { useWanted } from '../wanted.js'
import { eventWord, wordOf } from '../words.js'
import { NextReading } from './migration/next-reading.js'
import { Timeline } from './migration/timeline.js'

/** @import { EventRow, Migration as Row, MigrationDetail, Resource } from '../types.d.ts' */

/** One migration: what is known of it, since when, and how surely. @param {{ account: string, id: string }} props */
export function Migration({ account, id }) {
  const path = `/migrations/${encodeURIComponent(account)}/${encodeURIComponent(id)}`
  const { data, error, reload } = /** @type {Resource<MigrationDetail>} */ (useResource(path))
  useSpokenStatus(data?.migration ?? null)
  const isMissing = error instanceof RequestFailed && error.status === 404
  return html`
    <p class="crumbs"><a href="#/migrations">Migrations</a> / <a href=${hrefTo(['migrations'], { account })}>${account}</a></p>
    <h1 tabindex="-1" class="id-title"><code>${id}</code></h1>
    ${isMissing ? html`<${Missing} account=${account} />` : html`<${Trouble} error=${error} hasData=${data !== null} reload=${reload} />`}
    ${data === null ? error === null && html`<${Loading} lines=${12} />` : html`<${Detail} ...${data} path=${path} reload=${reload} />`}
  `
}

/** @param {{ account: string }} props */
function Missing({ account }) {
  return html`<${Empty} title=${`Account ${account} has no migration of this id.`}>
    <p>Ids are written exactly as the provider writes them. <a href=${hrefTo(['migrations'], { account })}>Look through those of ${account}</a>.</p>
  <//>`
}

/** Said once per change, not once per refresh. */
function useSpokenStatus(/** @type {Row | null} */ migration) {
  const last = useRef(/** @type {string | null} */ (null))
  useEffect(() => {
    if (migration === null) return
    if (last.current !== null && last.current !== migration.status)
      spoken.value = `Status is now ${wordOf(migration.phase)}`
    last.current = migration.status
  }, [migration?.status])
}

/** @param {MigrationDetail & { path: string, reload: () => void }} props */
function Detail({ migration, transitions, events, next_reading, path, reload }) {
  async function poll() {
    await request(`${path}/poll`, { method: 'POST' })
    return 'Asked for: it is read as soon as the budget allows.'
  }
  return html`
    <div class="standing">
      <p class="standing-status"><${Status} phase=${migration.phase} status=${migration.status} />
        <span>for <${Since} at=${migration.status_since} /></span>
        ${migration.overdue && html`<${Badge} tone="needs_input">Overdue<//>`}
        ${migration.vanished_at !== null && html`<${Badge} tone="abandoned">Vanished<//>`}
      </p>
      <${Action} label="Read now" onAct=${poll} onDone=${reload} />
    </div>
    <${Timeline} transitions=${transitions} migration=${migration} />
    <div class="columns">
      <div class="stack">
        <${Panel} title="Next reading"><${NextReading} next=${next_reading} account=${migration.account} /><//>
        <${Panel} title="Events">${events.length === 0 ? html`<${NoEvents} />` : html`<${EventList} events=${events} />`}<//>
      </div>
      <${Panel} title="Facts"><${Facts} migration=${migration} /><//>
    </div>
  `
}

function NoEvents() {
  return html`<${Empty} title="Nothing was told of it."><p>What had ended before its account's first full sweep is recorded without an event.</p><//>`
}

/** @param {{ events: readonly EventRow[] }} props */
function EventList({ events }) {
  const newestFirst = [...events].reverse()
  const isWanted = useWanted()
  return html`<ol class="event-lines">${newestFirst.map(
    (event) => html`
    <li key=${event.event_id} class="event-line">
      <${EventName} event=${event} />
      <span class="event-when"><${FullMoment} at=${event.recorded_at} /></span>
      ${isWanted(event.type) ? html`<${Replay} eventId=${event.event_id} what=${eventWord(event.type)} />` : html`<span class="muted">no hook wants it</span>`}
    </li>`,
  )}</ol>`
}

/** @param {{ migration: Row }} props */
function Facts({ migration: row }) {
  const text = (/** @type {string | null} */ value) => value ?? html`<span class="muted">not said</span>`
  return html`
    <dl class="facts">
      <dt>Account</dt><dd>${row.account} <span class="muted">at provider ${row.provider}</span></dd>
      <dt>Company</dt><dd>${row.company_id === null ? text(null) : html`<a href=${hrefTo(['migrations'], { company_id: row.company_id })}>${row.company_id}</a>`}</dd>
      <dt>Created by</dt><dd>${text(row.created_by_user_id)}</dd>
      <dt>Created</dt><dd><${FullMoment} at=${row.created_at} none="not said" /></dd>
      <dt>First seen</dt><dd><${FullMoment} at=${row.first_seen_at} /></dd>
      <dt>Ended</dt><dd><${FullMoment} at=${row.finished_at} none="not yet" /></dd>
      ${row.vanished_at !== null && html`<dt>Vanished</dt><dd><${FullMoment} at=${row.vanished_at} /></dd>`}
      <dt>Last read</dt><dd><${FullMoment} at=${row.last_observed_at} /> <span class="muted">by ${row.last_observed_via}</span></dd>
      <dt>Readings by get</dt><dd>${row.polls}</dd>
    </dl>
    ${
      Object.keys(row.attributes).length > 0 &&
      html`
      <details class="attributes"><summary>What else the provider says</summary><pre tabindex="0">${JSON.stringify(row.attributes, null, 2)}</pre></details>
    `
    }
  `
}

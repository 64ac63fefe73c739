import { html } from '../html.js'
import { Badge, Status } from '../parts/badge.js'
import { Choice, Filters, filter, OtherFilters, Search, Tick } from '../parts/filters.js'
import { Moment, Since } from '../parts/moment.js'
import { Pager } from '../parts/pager.js'
import { Empty, Trouble } from '../parts/states.js'
import { Table } from '../parts/table.js'
import { useResource } from '../resource.js'
import { hrefTo, route } from '../route.js'
import { PHASES, wordOf } from '../words.js'

/** @import { Account, Column, Migration, Resource } from '../types.d.ts' */

/** Those without a field: links and scripts set them. */
const UNSHOWN = ['company_id', 'status', 'created_after', 'created_before']
const FILTERS = ['q', 'account', 'phase', 'live', 'overdue', 'sort', ...UNSHOWN]
const LIMIT = '50'

/** @type {readonly (readonly [string, string])[]} */
const SORTS = [
  ['', 'Changed last'],
  ['status_since', 'Longest in its status'],
  ['-created_at', 'Created last'],
  ['created_at', 'Created first'],
  ['-first_seen_at', 'Found last'],
]

/** @type {readonly Column<Migration>[]} */
const COLUMNS = [
  {
    label: 'Migration',
    class: 'wide',
    show: ({ account, migration_id: id }) =>
      html`<a href=${hrefTo(['migrations', account, id])} title=${id}><code>${id}</code></a>`,
  },
  { label: 'Status', class: 'wide', show: statusOf },
  { label: 'Account', show: ({ account }) => account },
  { label: 'Company', show: ({ company_id: company }) => company ?? html`<span class="muted">–</span>` },
  {
    label: 'In status for',
    class: 'number',
    show: ({ status_since }) => html`<${Since} at=${status_since} />`,
  },
  { label: 'Created', class: 'number', show: ({ created_at }) => html`<${Moment} at=${created_at} />` },
  {
    label: 'Read',
    class: 'number',
    show: ({ last_observed_at }) => html`<${Moment} at=${last_observed_at} />`,
  },
]

/** What is tracked; the filters stand in the address. */
export function Migrations() {
  const query = new URLSearchParams({ limit: LIMIT, ...Object.fromEntries(route.value.query) })
  const { data, error, isStale, reload } =
    /** @type {Resource<{ migrations: Migration[], next_cursor: string | null }>} */ (
      useResource(`/migrations?${query}`)
    )
  return html`
    <h1 tabindex="-1">Migrations</h1>
    <${MigrationFilters} />
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${
      (data !== null || error === null) &&
      html`
      <${Table} caption="Migrations" columns=${COLUMNS} rows=${data?.migrations ?? null} isStale=${isStale && error === null} expected=${15}
        keyOf=${(/** @type {Migration} */ row) => `${row.account}/${row.migration_id}`} empty=${html`<${NoMigration} />`} />
      <${Pager} next=${data?.next_cursor} />
    `
    }
  `
}

function MigrationFilters() {
  const { data } = /** @type {Resource<{ accounts: Account[] }>} */ (
    useResource('/accounts', { isSlow: true })
  )
  const accounts = (data?.accounts ?? []).map(({ account }) => /** @type {const} */ ([account, account]))
  return html`
    <${Filters} names=${FILTERS}>
      <${Search} name="q" label="Search" hint="Start of a migration's or company's id" />
      <${Choice} name="account" label="Account" options=${[['', 'All accounts'], ...accounts]} />
      <${Choice} name="phase" label="Phase" options=${[['', 'All phases'], ...PHASES.map((phase) => [phase, wordOf(phase)])]} />
      <${Choice} name="sort" label="Order" options=${SORTS} />
      <${Tick} name="live" label="Live only" />
      <${Tick} name="overdue" label="Overdue only" />
      <${OtherFilters} names=${UNSHOWN} />
    <//>
  `
}

function statusOf(/** @type {Migration} */ { phase, status, overdue, vanished_at }) {
  return html`<${Status} phase=${phase} status=${status} />
    ${overdue && html` <${Badge} tone="needs_input">Overdue<//>`}${vanished_at !== null && html` <${Badge} tone="abandoned">Vanished<//>`}`
}

function NoMigration() {
  const isFiltered = FILTERS.some((name) => filter(name) !== '')
  if (isFiltered)
    return html`<${Empty} title="No migration fits these filters."><p>Ids are searched from their start, in upper and lower case as they are written.</p><//>`
  return html`<${Empty} title="No migration is tracked yet."><p>They appear here once an account's list has been read for the first time. <a href="#/accounts">Accounts</a> says how far that is.</p><//>`
}

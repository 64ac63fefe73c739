import { html } from '../../html.js'
import { hrefTo } from '../../route.js'
import { now } from '../../times.js'
import { count } from '../../words.js'

/** @import { Account, Hook, Stats } from '../../types.d.ts' */

/** @typedef {{ text: string, href: string, isGrave: boolean }} Concern */

/**
 * One look: is anything wrong, and where.
 *
 * @param {{ stats: Stats | null, accounts: Account[] | null, hooks: Hook[] | null }} props
 */
export function Attention({ stats, accounts, hooks }) {
  if (stats === null || accounts === null || hooks === null) {
    return html`<section class="attention" aria-label="Needs attention"><span class="skeleton"></span></section>`
  }
  const concerns = concernsOf(stats, accounts, hooks, now.value)
  if (concerns.length === 0) {
    return html`<section class="attention is-well" aria-label="Needs attention"><p><strong>All is well.</strong> ${whatIsWell(stats)}</p></section>`
  }
  return html`
    <section class=${`attention ${concerns.some(({ isGrave }) => isGrave) ? 'is-grave' : 'is-open'}`} aria-label="Needs attention">
      <h2>Needs attention</h2>
      <ul>${concerns.map(({ text, href }) => html`<li key=${href + text}><a href=${href}>${text}</a></li>`)}</ul>
    </section>
  `
}

function whatIsWell(/** @type {Stats} */ { accounts, hooks }) {
  const hooked =
    hooks.active === 0
      ? 'no hook is configured'
      : `${count(hooks.active, 'hook')} ${hooks.active === 1 ? 'takes' : 'take'} what is sent`
  return `${count(accounts.active, 'account')} ${accounts.active === 1 ? 'is' : 'are'} being read; ${hooked}.`
}

const OFTEN_ENOUGH_MS = 60 * 60_000

/** The gravest first. @returns {Concern[]} */
function concernsOf(
  /** @type {Stats} */ stats,
  /** @type {Account[]} */ accounts,
  /** @type {Hook[]} */ hooks,
  /** @type {number} */ nowMs,
) {
  const { deliveries, overdue, live } = stats
  const unswept = accounts.filter(
    ({ state, baseline_at, last_sweep_completed_at: at }) =>
      state === 'active' && baseline_at !== null && at !== null && nowMs - Date.parse(at) > OFTEN_ENOUGH_MS,
  )
  return [
    ...accounts
      .filter(({ state }) => state === 'suspended')
      .map(({ account }) =>
        grave(`Account ${account} is suspended: the provider refuses its key`, '#/accounts'),
      ),
    ...hooks
      .filter(({ state }) => state === 'disabled')
      .map(({ name, held }) => grave(`Hook ${name} is disabled; ${count(held, 'delivery')} held`, '#/hooks')),
    ...hooks
      .filter(({ state, failures }) => state === 'active' && failures > 0)
      .map(({ name, failures }) =>
        grave(`Hook ${name} is failing: ${count(failures, 'attempt')} in a row`, '#/hooks'),
      ),
    ...(deliveries.dead > 0
      ? [grave(`${count(deliveries.dead, 'delivery')} given up`, hrefTo(['deliveries'], { state: 'dead' }))]
      : []),
    ...unswept.map(({ account }) =>
      open(`Account ${account} was not read completely for over an hour`, '#/accounts'),
    ),
    ...(overdue > 0
      ? [open(`${count(overdue, 'migration')} overdue`, hrefTo(['migrations'], { overdue: 'true' }))]
      : []),
    ...(live.needs_input > 0
      ? [
          open(
            `${count(live.needs_input, 'migration')} waiting for a person`,
            hrefTo(['migrations'], { phase: 'needs_input', live: 'true', sort: 'status_since' }),
          ),
        ]
      : []),
    ...(live.unknown > 0
      ? [
          open(
            `${count(live.unknown, 'migration')} in a status that no map names`,
            hrefTo(['migrations'], { phase: 'unknown' }),
          ),
        ]
      : []),
  ]
}

const grave = (/** @type {string} */ text, /** @type {string} */ href) => ({ text, href, isGrave: true })
const open = (/** @type {string} */ text, /** @type {string} */ href) => ({ text, href, isGrave: false })

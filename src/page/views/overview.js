import { html } from '../html.js'
import { Panel, Trouble } from '../parts/states.js'
import { useResource } from '../resource.js'
import { Attention } from './overview/attention.js'
import { Charts } from './overview/charts.js'
import { AccountsInShort, HooksInShort } from './overview/health.js'
import { Latest } from './overview/latest.js'
import { Tiles } from './overview/tiles.js'

/** @import { Account, Hook, Resource, Stats } from '../types.d.ts' */

/** What is going on, what landed, what is stuck, and whether that can be believed. */
export function Overview() {
  const stats = /** @type {Resource<Stats>} */ (useResource('/stats'))
  const accounts = /** @type {Resource<{ accounts: Account[] }>} */ (
    useResource('/accounts', { isSlow: true })
  )
  const hooks = /** @type {Resource<{ hooks: Hook[] }>} */ (useResource('/hooks'))
  return html`
    <h1 tabindex="-1">Overview</h1>
    <${Trouble} error=${stats.error} hasData=${stats.data !== null} reload=${stats.reload} />
    <${Attention} stats=${stats.data} accounts=${accounts.data?.accounts ?? null} hooks=${hooks.data?.hooks ?? null} />
    <${Tiles} stats=${stats.data} accounts=${accounts.data?.accounts ?? null} />
    <${Charts} stats=${stats.data} />
    <div class="columns">
      <${Panel} title="Latest events" aside=${html`<a href="#/events">All events</a>`}><${Latest} /><//>
      <div class="stack">
        <${Panel} title="Accounts" aside=${html`<a href="#/accounts">Plans and budgets</a>`}>
          <${Trouble} error=${accounts.error} hasData=${accounts.data !== null} reload=${accounts.reload} />
          <${AccountsInShort} accounts=${accounts.data?.accounts ?? null} />
        <//>
        <${Panel} title="Hooks" aside=${html`<a href="#/hooks">Health and tests</a>`}>
          <${Trouble} error=${hooks.error} hasData=${hooks.data !== null} reload=${hooks.reload} />
          <${HooksInShort} hooks=${hooks.data?.hooks ?? null} />
        <//>
      </div>
    </div>
  `
}

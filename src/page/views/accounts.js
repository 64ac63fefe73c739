import { html } from '../html.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { FullMoment } from '../parts/moment.js'
import { Empty, Loading, Trouble } from '../parts/states.js'
import { useResource } from '../resource.js'
import { hrefTo } from '../route.js'
import { request } from '../session.js'
import { formatNumber, formatShare } from '../words.js'
import { Plan } from './accounts/plan.js'

/** @import { Account, Budget, Resource } from '../types.d.ts' */

/** Each account: whether it is read, what it may spend, and what that gives. */
export function Accounts() {
  const { data, error, reload } = /** @type {Resource<{ accounts: Account[] }>} */ (
    useResource('/accounts', { isSlow: true })
  )
  return html`
    <h1 tabindex="-1">Accounts</h1>
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${data === null ? error === null && html`<${Loading} lines=${12} />` : html`<${AccountList} accounts=${data.accounts} reload=${reload} />`}
  `
}

/** @param {{ accounts: readonly Account[], reload: () => void }} props */
function AccountList({ accounts, reload }) {
  if (accounts.length === 0) return html`<${NoAccount} />`
  return html`<div class="cards">${accounts.map((account) => html`<${AccountCard} key=${account.account} account=${account} reload=${reload} />`)}</div>`
}

export function NoAccount() {
  return html`
    <${Empty} title="No account is known yet.">
      <p>Set the key of a provider and start anew:</p>
      <pre tabindex="0"><code>export ANON_API_KEY=anon_…\nnpm start</code></pre>
    <//>
  `
}

/** @param {{ account: Account, reload: () => void }} props */
function AccountCard({ account: row, reload }) {
  const { account, state } = row
  async function resume() {
    await request(`/accounts/${encodeURIComponent(account)}/resume`, { method: 'POST' })
    return `Account ${account} is read again.`
  }
  return html`
    <section class="panel card" aria-label=${`Account ${account}`}>
      <header class="panel-head">
        <h2>${account} <span class="muted">${row.provider}</span></h2>
        <${Badge} tone=${state === 'active' ? 'succeeded' : 'failed'}>${state === 'active' ? 'Active' : 'Suspended'}<//>
      </header>
      ${
        state === 'suspended' &&
        html`
        <div class="trouble"><div><strong>The provider refuses its key.</strong><p>${row.state_reason} Nothing is read until it is accepted again; a slow probe goes on by itself.</p></div>
        <${Action} label="Resume" name=${`Resume account ${account}`} onAct=${resume} onDone=${reload} /></div>
      `
      }
      <dl class="facts">
        <dt>Tracked</dt><dd><a href=${hrefTo(['migrations'], { account })}>${formatNumber(row.tracked)}</a>, <a href=${hrefTo(['migrations'], { account, live: 'true' })}>${formatNumber(row.live)} live</a></dd>
        <dt>Baseline</dt><dd><${FullMoment} at=${row.baseline_at} none="the first full sweep is under way" /></dd>
        <dt>Last full sweep</dt><dd><${FullMoment} at=${row.last_sweep_completed_at} none="none yet" /></dd>
      </dl>
      ${row.budget !== null && html`<${BudgetUse} budget=${row.budget} account=${account} />`}
      <h3>Plan</h3>
      <${Plan} plan=${row.plan} policy=${row.policy} />
    </section>
  `
}

/** @param {{ budget: Budget, account: string }} props */
function BudgetUse({ budget, account }) {
  const {
    requests_per_second: rate,
    effective_requests_per_second: effective,
    burst,
    used_last_hour: used,
  } = budget
  const allowed = rate * 3_600
  const share = allowed === 0 ? 0 : used / allowed
  const filled = Math.min(100, Math.round(share * 100))
  return html`
    <h3>Budget</h3>
    <p>${rate} requests per second, ${burst} at once. ${effective < rate && html`<strong>Slowed to ${effective} per second</strong>, because the provider turned requests away; it grows back.`}</p>
    ${budget.blocked_until !== null && html`<p><strong>Blocked until</strong> <${FullMoment} at=${budget.blocked_until} />, as the provider asked.</p>`}
    <div class="meter" role="meter" aria-label=${`Budget of ${account} used in the last hour`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${filled}>
      <span style=${{ width: `${filled}%` }}></span>
    </div>
    <p class="muted">${formatNumber(used)} of ${formatNumber(Math.round(allowed))} in the last hour, ${formatShare(share)}</p>
  `
}

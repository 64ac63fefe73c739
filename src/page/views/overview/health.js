import { html } from '../../html.js'
import { Badge } from '../../parts/badge.js'
import { HookState } from '../../parts/hook-state.js'
import { Moment } from '../../parts/moment.js'
import { Loading } from '../../parts/states.js'
import { count, formatNumber } from '../../words.js'
import { NoAccount } from '../accounts.js'
import { NoHook } from '../hooks.js'

/** @import { Account, Hook } from '../../types.d.ts' */

/** @param {{ accounts: Account[] | null }} props */
export function AccountsInShort({ accounts }) {
  if (accounts === null) return html`<${Loading} lines=${3} />`
  if (accounts.length === 0) return html`<${NoAccount} />`
  return html`<ul class="health">${accounts.map((account) => html`<li key=${account.account}>${accountLine(account)}</li>`)}</ul>`
}

function accountLine(/** @type {Account} */ { account, state, live, last_sweep_completed_at: at }) {
  return html`
    <strong>${account}</strong>
    <${Badge} tone=${state === 'active' ? 'succeeded' : 'failed'}>${state === 'active' ? 'Active' : 'Suspended'}<//>
    <span class="muted">${formatNumber(live)} live; read completely <${Moment} at=${at} none="not yet" /></span>
  `
}

/** @param {{ hooks: Hook[] | null }} props */
export function HooksInShort({ hooks }) {
  if (hooks === null) return html`<${Loading} lines=${3} />`
  if (hooks.length === 0) return html`<${NoHook} />`
  return html`<ul class="health">${hooks.map((hook) => html`<li key=${hook.name}>${hookLine(hook)}</li>`)}</ul>`
}

function hookLine(/** @type {Hook} */ hook) {
  const waiting = [
    hook.pending > 0 && `${formatNumber(hook.pending)} waiting`,
    hook.held > 0 && `${formatNumber(hook.held)} held`,
    hook.dead > 0 && `${count(hook.dead, 'delivery')} given up`,
  ].filter(Boolean)
  return html`<strong>${hook.name}</strong> <${HookState} hook=${hook} /> <span class="muted">${waiting.join(', ') || 'nothing waits'}</span>`
}

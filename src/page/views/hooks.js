import { html } from '../html.js'
import { Action } from '../parts/action.js'
import { HookState } from '../parts/hook-state.js'
import { FullMoment } from '../parts/moment.js'
import { Empty, Loading, Trouble } from '../parts/states.js'
import { useResource } from '../resource.js'
import { hrefTo } from '../route.js'
import { request } from '../session.js'
import { count, eventWord, formatNumber } from '../words.js'

/** @import { Hook, Resource } from '../types.d.ts' */

/** Who is told, and whether they listen. */
export function Hooks() {
  const { data, error, reload } = /** @type {Resource<{ hooks: Hook[] }>} */ (useResource('/hooks'))
  return html`
    <h1 tabindex="-1">Hooks</h1>
    <${Trouble} error=${error} hasData=${data !== null} reload=${reload} />
    ${data === null ? error === null && html`<${Loading} lines=${8} />` : html`<${HookList} hooks=${data.hooks} reload=${reload} />`}
  `
}

/** @param {{ hooks: readonly Hook[], reload: () => void }} props */
function HookList({ hooks, reload }) {
  if (hooks.length === 0) return html`<${NoHook} />`
  return html`<div class="cards">${hooks.map((hook) => html`<${HookCard} key=${hook.name} hook=${hook} reload=${reload} />`)}</div>`
}

export function NoHook() {
  return html`
    <${Empty} title="No hook is configured, so nobody is told.">
      <p>Give one by environment and start anew:</p>
      <pre tabindex="0"><code>export LANDFALL_WEBHOOK_URL=https://example.com/landfall\nexport LANDFALL_WEBHOOK_SECRET="whsec_$(openssl rand -base64 32)"</code></pre>
      <p>Or, with LANDFALL_SECRET_KEY set, while the daemon runs: <code>landfall hooks add NAME --url URL</code></p>
    <//>
  `
}

/** @param {{ hook: Hook, reload: () => void }} props */
function HookCard({ hook, reload }) {
  const { name, state, failures } = hook
  return html`
    <section class="panel card" aria-label=${`Hook ${name}`}>
      <header class="panel-head"><h2>${name} <span class="muted">${hook.kind}, ${hook.source}</span></h2><${HookState} hook=${hook} /></header>
      ${state === 'disabled' && html`<p><strong>Left alone:</strong> ${hook.state_reason}. What is to be told is held, and sent in order once it is enabled.</p>`}
      <dl class="facts">
        <dt>Failures in a row</dt><dd>${formatNumber(failures)}${hook.failing_since !== null && html` <span class="muted">since</span> <${FullMoment} at=${hook.failing_since} />`}</dd>
        ${hook.paused_until !== null && html`<dt>Paused until</dt><dd><${FullMoment} at=${hook.paused_until} /></dd>`}
        <dt>Waiting</dt><dd>${deliveries(hook, 'pending', hook.pending)}</dd>
        <dt>Held</dt><dd>${deliveries(hook, 'held', hook.held)}</dd>
        <dt>Given up</dt><dd>${deliveries(hook, 'dead', hook.dead)}</dd>
        <dt>Is told</dt><dd>${hook.events.map(eventWord).join(', ')}</dd>
      </dl>
      <div class="card-actions">
        <${Action} label="Send a test" name=${`Send a test to ${name}`} onAct=${() => test(name)} />
        <${Switch} name=${name} state=${state} reload=${reload} />
        <a href=${hrefTo(['deliveries'], { hook: name })}>Deliveries<span class="visually-hidden"> of ${name}</span></a>
      </div>
    </section>
  `
}

function deliveries(/** @type {Hook} */ { name }, /** @type {string} */ state, /** @type {number} */ n) {
  return n === 0 ? '0' : html`<a href=${hrefTo(['deliveries'], { hook: name, state })}>${formatNumber(n)}</a>`
}

/** @param {{ name: string, state: Hook['state'], reload: () => void }} props */
function Switch({ name, state, reload }) {
  const label = state === 'active' ? 'Disable' : 'Enable'
  async function flip() {
    const { released } = await request(`/hooks/${encodeURIComponent(name)}/${label.toLowerCase()}`, {
      method: 'POST',
    })
    return state === 'active'
      ? `Hook ${name} is disabled; its events are held.`
      : `Hook ${name} is enabled; ${count(released, 'delivery')} released.`
  }
  return html`<${Action} label=${label} name=${`${label} ${name}`} onAct=${flip} onDone=${reload} />`
}

async function test(/** @type {string} */ name) {
  const { kind, status, reason } = await request(`/hooks/${encodeURIComponent(name)}/test`, {
    method: 'POST',
  })
  if (kind === 'accepted')
    return `Hook ${name} accepted the test${status === undefined ? '' : ` with ${status}`}.`
  throw new Error(reason ?? (status === undefined ? kind : `the answer was ${status}`))
}

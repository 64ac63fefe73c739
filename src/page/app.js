import { useEffect, useRef } from 'preact/hooks'
import { html } from './html.js'
import { connection } from './live.js'
import { dismiss, notice, spoken } from './notices.js'
import { Empty, Loading, Trouble } from './parts/states.js'
import { route } from './route.js'
import { access, openSession, signOut } from './session.js'
import { chooseTheme, THEMES, theme } from './theme-choice.js'
import { Accounts } from './views/accounts.js'
import { Deliveries } from './views/deliveries.js'
import { Events } from './views/events.js'
import { Hooks } from './views/hooks.js'
import { Migration } from './views/migration.js'
import { Migrations } from './views/migrations.js'
import { Overview } from './views/overview.js'
import { SignIn } from './views/sign-in.js'
import { wordOf } from './words.js'

const VIEWS = /** @type {const} */ ([
  ['', 'Overview', Overview],
  ['migrations', 'Migrations', Migrations],
  ['events', 'Events', Events],
  ['deliveries', 'Deliveries', Deliveries],
  ['accounts', 'Accounts', Accounts],
  ['hooks', 'Hooks', Hooks],
])

export function App() {
  const main = useRef(/** @type {HTMLElement | null} */ (null))
  useTitle(main)
  return html`
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault()
      focusOn(main.current)
    }}>Skip to content</a>
    <${Header} />
    <main id="main" ref=${main} tabindex="-1"><${Content} /></main>
    <${Notice} />
    <p class="visually-hidden" role="status" aria-live="polite">${spoken}</p>
  `
}

function Content() {
  const { value } = access
  if (value.kind === 'asking') return html`<${Loading} lines=${10} />`
  if (value.kind === 'needed') return html`<${SignIn} wasRefused=${value.wasRefused} />`
  if (value.kind === 'failed')
    return html`<h1 tabindex="-1">Landfall</h1><${Trouble} error=${value.error} hasData=${false} reload=${openSession} />`
  const {
    path: [room = '', account, id, more],
  } = route.value
  if (room === 'migrations' && account !== undefined && id !== undefined && more === undefined) {
    return html`<${Migration} key=${`${account}/${id}`} account=${account} id=${id} />`
  }
  const view = VIEWS.find(([name]) => name === room)
  if (view === undefined || account !== undefined) return html`<${Nowhere} />`
  return html`<${view[2]} key=${room} />`
}

function Nowhere() {
  return html`<h1 tabindex="-1">Nothing is here</h1><${Empty} title="No page has this address."><p><a href="#/">To the overview</a></p><//>`
}

function Header() {
  const [room = ''] = route.value.path
  return html`
    <header class="top">
      <a class="brand" href="#/">Landfall</a>
      <nav aria-label="Main">
        <ul>${VIEWS.map(([name, word]) => html`<li key=${name}><a href=${`#/${name}`} aria-current=${room === name ? 'page' : null}>${word}</a></li>`)}</ul>
      </nav>
      <div class="top-end">
        <${Connection} />
        <label class="theme"><span class="visually-hidden">Colours</span>
          <select value=${theme.value} onChange=${(/** @type {any} */ event) => chooseTheme(event.target.value)}>
            ${THEMES.map((name) => html`<option key=${name} value=${name} selected=${name === theme.value}>${wordOf(name)}</option>`)}
          </select>
        </label>
        <${SignOut} />
      </div>
    </header>
  `
}

const CONNECTIONS = /** @type {const} */ ({
  connecting: ['pending', 'Connecting'],
  live: ['succeeded', 'Live'],
  waiting: ['needs_input', 'Reconnecting'],
})

function Connection() {
  if (access.value.kind !== 'open') return html`<span class="connection"></span>`
  const [tone, word] = CONNECTIONS[connection.value]
  return html`<span class="connection" role="status" title="Whether news arrive as they happen"><span class=${`dot tone-${tone}`} aria-hidden="true"></span>${word}</span>`
}

function SignOut() {
  const { value } = access
  if (value.kind !== 'open' || !value.session.token_required) return null
  const reading = value.session.scope === 'read' ? html`<span class="scope">May only read</span>` : null
  return html`${reading}<button type="button" class="quiet" onClick=${signOut}>Sign out</button>`
}

function Notice() {
  const { value } = notice
  return html`
    <div class=${`notice ${value?.isBad ? 'is-bad' : ''}`} role="status" aria-live="polite">
      ${value !== null && html`<p>${value.text}</p><button type="button" class="quiet" onClick=${dismiss}>Close</button>`}
    </div>
  `
}

/** A new view is a new page: it has a title, and its heading is where one is. @param {{ current: HTMLElement | null }} main */
function useTitle(main) {
  const { path } = route.value
  const place = path.join('/')
  const isFirst = useRef(true)
  useEffect(() => {
    const view = VIEWS.find(([name]) => name === (path[0] ?? ''))
    document.title = `${path[2] ?? view?.[1] ?? 'Nothing is here'} – Landfall`
    if (!isFirst.current) {
      scrollTo(0, 0)
      focusOn(main.current?.querySelector('h1') ?? main.current)
    }
    isFirst.current = false
  }, [place])
}

function focusOn(/** @type {HTMLElement | null} */ element) {
  element?.focus({ preventScroll: element.tagName === 'H1' })
}

import { html } from '../../html.js'
import { hrefTo } from '../../route.js'
import { formatSeconds } from '../../times.js'
import { count, ENDINGS, formatNumber, formatShare, LIVE_PHASES, wordOf } from '../../words.js'

/** @import { Account, Stats } from '../../types.d.ts' */

/** @param {{ stats: Stats | null, accounts: Account[] | null }} props */
export function Tiles({ stats, accounts }) {
  return html`
    <div class="tiles">
      <${LiveTile} stats=${stats} />
      <${TodayTile} stats=${stats} />
      <${Tile} title="Failure rate, 24 h" value=${stats && formatShare(stats.last_24h.failure_rate)}
        detail=${stats && failureDetail(stats)} />
      <${Tile} title="Detection lag, 24 h" value=${stats && formatSeconds(stats.last_24h.detection_lag_p50_seconds)}
        detail=${stats && `at most for half; for 99\u00a0% ${formatSeconds(stats.last_24h.detection_lag_p99_seconds)}`} />
      <${BudgetTile} accounts=${accounts} />
      <${Tile} title="Deliveries waiting" value=${stats && formatNumber(stats.deliveries.pending)} detail=${stats && waitingDetail(stats)} />
    </div>
  `
}

/** @param {{ title: string, value: string | null, detail: unknown, class?: string, children?: unknown }} props */
function Tile({ title, value, detail, class: name = '', children = null }) {
  return html`
    <section class=${`tile ${name}`} aria-label=${title}>
      <h2>${title}</h2>
      <p class="tile-value">${value ?? html`<span class="skeleton"></span>`}</p>
      ${children}
      <p class="tile-detail">${detail ?? html`<span class="skeleton"></span>`}</p>
    </section>
  `
}

/** @param {{ stats: Stats | null }} props */
function LiveTile({ stats }) {
  if (stats === null)
    return html`<${Tile} class="is-wide" title="Live now" value=${null} detail=${null}>${room()}<//>`
  const total = LIVE_PHASES.reduce((sum, phase) => sum + stats.live[phase], 0)
  return html`
    <${Tile} class="is-wide" title="Live now" value=${formatNumber(total)} detail=${`of ${count(stats.total, 'migration')} tracked`}>
      <${Shares} parts=${LIVE_PHASES.map((phase) => ({ phase, n: stats.live[phase], href: hrefTo(['migrations'], { phase, live: 'true' }) }))} />
    <//>
  `
}

/** @param {{ stats: Stats | null }} props */
function TodayTile({ stats }) {
  if (stats === null)
    return html`<${Tile} class="is-wide" title="Landed today" value=${null} detail=${null}>${room()}<//>`
  const { today } = stats
  const total = ENDINGS.reduce((sum, phase) => sum + today[phase], 0)
  return html`
    <${Tile} class="is-wide" title="Landed today" value=${formatNumber(total)} detail=${`since 00:00 UTC; ${formatNumber(today.discovered)} found`}>
      <${Shares} parts=${ENDINGS.map((phase) => ({ phase, n: today[phase], href: hrefTo(['migrations'], { phase }) }))} />
    <//>
  `
}

/** As high as the bar and its names. */
const room = () => html`<div class="shares"></div><p class="share-names">\u00a0</p>`

/** A bar in parts, and what each part is. @param {{ parts: { phase: string, n: number, href: string }[] }} props */
function Shares({ parts }) {
  const total = parts.reduce((sum, { n }) => sum + n, 0)
  return html`
    <div class="shares" aria-hidden="true">
      ${parts.map(({ phase, n }) => n > 0 && html`<span key=${phase} class=${`tone-${phase}`} style=${{ flexGrow: n / total }}></span>`)}
    </div>
    <ul class="share-names">
      ${parts.map(
        ({ phase, n, href }) => html`
        <li key=${phase}><a href=${href}><span class=${`dot tone-${phase}`} aria-hidden="true"></span>${wordOf(phase)} <b>${formatNumber(n)}</b></a></li>
      `,
      )}
    </ul>
  `
}

function failureDetail(/** @type {Stats} */ { last_24h: day }) {
  const ended = ENDINGS.reduce((sum, phase) => sum + day[phase], 0)
  return ended === 0 ? 'nothing ended' : `${formatNumber(day.failed)} of ${formatNumber(ended)} that ended`
}

/** @param {{ accounts: Account[] | null }} props */
function BudgetTile({ accounts }) {
  if (accounts === null) return html`<${Tile} title="Budget used, 1 h" value=${null} detail=${null} />`
  const budgets = accounts.flatMap(({ budget }) => (budget === null ? [] : [budget]))
  const used = budgets.reduce((sum, { used_last_hour: n }) => sum + n, 0)
  const allowed = budgets.reduce((sum, { requests_per_second: rate }) => sum + rate * 3_600, 0)
  const detail = `${formatNumber(used)} of ${formatNumber(Math.round(allowed))} requests`
  return html`<${Tile} title="Budget used, 1 h" value=${formatShare(allowed === 0 ? null : used / allowed)} detail=${detail} />`
}

function waitingDetail(/** @type {Stats} */ { deliveries: { held, dead, oldest_pending_seconds: oldest } }) {
  const others = [
    held > 0 && `${formatNumber(held)} held`,
    dead > 0 && `${formatNumber(dead)} given up`,
  ].filter(Boolean)
  const age = oldest === null ? 'nothing waits' : `the oldest for ${formatSeconds(oldest)}`
  return [age, ...others].join(', ')
}

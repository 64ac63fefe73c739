import { html } from '../../html.js'
import { Status } from '../../parts/badge.js'
import { Panel } from '../../parts/states.js'
import { stretchesOf } from '../../timeline.js'
import { formatDuration, formatMoment, now } from '../../times.js'
import { wordOf } from '../../words.js'

/** @import { Migration, Transition } from '../../types.d.ts' */
/** @import { Stretch } from '../../timeline.js' */

/** The whole life on one line, then each change with the range that it lies in. @param {{ transitions: readonly Transition[], migration: Migration }} props */
export function Timeline({ transitions, migration }) {
  const untilMs = migration.finished_at === null ? now.value : Date.parse(migration.last_observed_at)
  const stretches = stretchesOf(transitions, untilMs)
  return html`
    <${Panel} title="Timeline" aside=${html`<span class="muted">UTC; hatched: it changed somewhere in there</span>`}>
      <${Band} stretches=${stretches} />
      <ol class="changes">${[...transitions].reverse().map((row) => html`<${Change} key=${row.seq} row=${row} stays=${stayOf(row, transitions, untilMs)} />`)}</ol>
    <//>
  `
}

/** @param {{ stretches: readonly Stretch[] }} props */
function Band({ stretches }) {
  const first = stretches[0]
  const last = stretches.at(-1)
  if (first === undefined || last === undefined) return null
  const wholeMs = Math.max(1, last.toMs - first.fromMs)
  const iso = (/** @type {number} */ ms) => formatMoment(new Date(ms).toISOString())
  return html`
    <div class="band" aria-hidden="true">
      ${stretches.map(
        ({ kind, phase, status, fromMs, toMs }) => html`
        <span key=${`${kind}${fromMs}`} class=${`${kind} tone-${phase}`} style=${{ flexGrow: (toMs - fromMs) / wholeMs }}
          title=${kind === 'known' ? `${status}, ${formatDuration(toMs - fromMs)}` : `became ${status} within ${formatDuration(toMs - fromMs)}`}></span>
      `,
      )}
    </div>
    <p class="band-ends muted"><span>${iso(first.fromMs)}</span><span>${formatDuration(wholeMs)} in all</span><span>${iso(last.toMs)}</span></p>
  `
}

/** How long the status was shown, for certain. @param {Transition} row @param {readonly Transition[]} all @param {number} untilMs */
function stayOf({ seq, not_after }, all, untilMs) {
  const next = all.find((other) => other.seq === seq + 1)
  const leftMs = next === undefined ? untilMs : Date.parse(next.not_before ?? next.not_after)
  return Math.max(0, leftMs - Date.parse(not_after))
}

/** @param {{ row: Transition, stays: number }} props */
function Change({ row, stays }) {
  const { to_phase: phase, to_status: status, not_before: from, not_after: to, observed_via: via } = row
  return html`
    <li class="change">
      <div class="change-head"><${Status} phase=${phase} status=${status} /><span class="muted">${stays > 0 ? `shown for ${formatDuration(stays)} at least` : 'seen once'}</span></div>
      ${from === null ? html`<p class="change-range">First seen <time datetime=${to}>${precise(to)}</time> <span class="muted">by ${via}; what was before is not known</span></p>` : html`<${Range} phase=${phase} from=${from} to=${to} via=${via} />`}
    </li>
  `
}

/** @param {{ phase: string, from: string, to: string, via: string }} props */
function Range({ phase, from, to, via }) {
  const ms = Math.max(0, Date.parse(to) - Date.parse(from))
  const sameDay = from.slice(0, 10) === to.slice(0, 10)
  return html`
    <p class="change-range">
      <span class="visually-hidden">Became ${wordOf(phase)} between </span>
      <time datetime=${from}>${precise(from)}</time>
      <span class=${`range tone-${phase}`} title="After the left, and at or before the right"><b>${formatDuration(ms)}</b></span>
      <span class="visually-hidden">and</span>
      <time datetime=${to}>${sameDay ? precise(to).slice(11) : precise(to)}</time>
      <span class="muted">by ${via}</span>
    </p>
  `
}

/** To the tenth of a second, as readings are often seconds apart. */
function precise(/** @type {string} */ moment) {
  const tenth = /\.(\d)/.exec(moment)?.[1] ?? '0'
  return `${formatMoment(moment)}.${tenth}`
}

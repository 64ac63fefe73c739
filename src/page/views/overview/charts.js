import { html } from '../../html.js'
import { Chart } from '../../parts/chart.js'
import { Panel } from '../../parts/states.js'
import { formatRoughly } from '../../times.js'
import { ENDINGS, formatNumber, wordOf } from '../../words.js'

/** @import { Day, Hour, Stats } from '../../types.d.ts' */

const SHORT_MS = 10_000

/** @param {{ stats: Stats | null }} props */
export function Charts({ stats }) {
  return html`
    <div class="charts">
      <${Panel} title="Endings by day, 30 days" class="is-wide">${stats === null ? html`<${ChartRoom} />` : endings(stats.daily)}<//>
      <${Panel} title="Detection lag by hour, 48 h">${stats === null ? html`<${ChartRoom} />` : lag(stats.hourly)}<//>
      <${Panel} title="Requests by hour, 48 h">${stats === null ? html`<${ChartRoom} />` : requests(stats.hourly)}<//>
    </div>
  `
}

function ChartRoom() {
  return html`<div class="chart chart-room"><span class="skeleton"></span></div>`
}

function endings(/** @type {readonly Day[]} */ days) {
  const lines = ENDINGS.map((phase) => ({
    label: wordOf(phase),
    color: `--${phase}`,
    values: days.map((day) => day[phase]),
  }))
  return html`<${Chart} title="Endings by day" step="day" kind="bars" at=${days.map(({ day }) => day)} lines=${lines}
    format=${formatNumber} nothing="Nothing has ended in these 30 days." />`
}

function lag(/** @type {readonly Hour[]} */ hours) {
  const lines = [
    { label: 'Half within', color: '--accent', values: hours.map(({ p50_seconds }) => p50_seconds) },
    {
      label: '99 % within',
      color: '--partial',
      values: hours.map(({ p99_seconds }) => p99_seconds),
      isDashed: true,
    },
  ]
  return html`<${Chart} title="Detection lag by hour" step="hour" kind="lines" at=${hours.map(({ hour }) => hour)} lines=${lines}
    format=${formatLag} nothing="No change was noticed in these 48 hours." />`
}

function formatLag(/** @type {number} */ seconds) {
  const ms = seconds * 1_000
  return ms < SHORT_MS ? `${Math.round(ms / 100) / 10} s` : formatRoughly(ms)
}

function requests(/** @type {readonly Hour[]} */ hours) {
  const lines = [
    { label: 'Errors', color: '--failed', values: hours.map(({ errors }) => errors) },
    { label: 'Limited', color: '--needs_input', values: hours.map(({ rate_limited }) => rate_limited) },
    { label: 'Lists', color: '--partial', values: hours.map(({ list_requests }) => list_requests) },
    { label: 'Gets', color: '--accent', values: hours.map(({ get_requests }) => get_requests) },
  ]
  return html`<${Chart} title="Requests by hour" step="hour" kind="bars" at=${hours.map(({ hour }) => hour)} lines=${lines}
    format=${formatNumber} nothing="No request was made in these 48 hours." />`
}

import { html } from '../html.js'
import { formatDistance, formatDuration, formatMoment, now } from '../times.js'

/**
 * A moment in relative words; the whole of it is in the title.
 *
 * @param {{ at: string | null, none?: string }} props
 */
export function Moment({ at, none = '–' }) {
  if (at === null) return html`<span class="muted">${none}</span>`
  return html`<time datetime=${at} title=${`${formatMoment(at)} UTC`}>${formatDistance(at, now.value)}</time>`
}

/**
 * A moment in full, with relative words behind it.
 *
 * @param {{ at: string | null, none?: string }} props
 */
export function FullMoment({ at, none = '–' }) {
  if (at === null) return html`<span class="muted">${none}</span>`
  return html`<time datetime=${at}>${formatMoment(at)}</time>${' '}
    <span class="muted">${formatDistance(at, now.value)}</span>`
}

/** How long ago something began. @param {{ at: string }} props */
export function Since({ at }) {
  const ms = Math.max(0, now.value - Date.parse(at))
  return html`<time datetime=${at} title=${`since ${formatMoment(at)} UTC`}>${formatDuration(ms)}</time>`
}

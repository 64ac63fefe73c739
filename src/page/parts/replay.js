import { html } from '../html.js'
import { request } from '../session.js'
import { count } from '../words.js'
import { Action } from './action.js'

/**
 * Sends an event again, under the id it always had.
 *
 * @param {{ eventId: string, hook?: string, what: string, onDone?: () => void }} props `what`: told to those who do not see the row
 */
export function Replay({ eventId, hook, what, onDone }) {
  async function replay() {
    const body = hook === undefined ? {} : { hook }
    const { hooks } = await request(`/events/${encodeURIComponent(eventId)}/replay`, { method: 'POST', body })
    return `On its way again to ${hooks.map((/** @type {{ hook: string }} */ row) => row.hook).join(', ')}.`
  }
  const to = hook === undefined ? '' : ` to ${hook}`
  return html`<${Action} class="small" label="Replay" name=${`Replay ${what}${to}, ${eventId}`} onAct=${replay} onDone=${onDone} />`
}

/** What a replay came to, over all hooks. @param {{ total?: number, [state: string]: unknown }[]} hooks */
export function replayed(hooks) {
  const total = hooks.reduce((sum, row) => sum + sumOf(row), 0)
  return count(total, 'delivery')
}

function sumOf(/** @type {Record<string, unknown>} */ row) {
  return Object.values(row).reduce(
    (/** @type {number} */ sum, value) => sum + (typeof value === 'number' ? value : 0),
    0,
  )
}

import { html } from '../html.js'
import { Badge } from './badge.js'

/** @import { Hook } from '../types.d.ts' */

/** @param {{ hook: Hook }} props */
export function HookState({ hook: { state, failures } }) {
  if (state === 'disabled') return html`<${Badge} tone="failed">Disabled<//>`
  return failures > 0
    ? html`<${Badge} tone="needs_input">Failing<//>`
    : html`<${Badge} tone="succeeded">Healthy<//>`
}

import { html } from '../html.js'
import { wordOf } from '../words.js'

/** @import { Phase } from '../types.d.ts' */

/**
 * A state as a dot and a word; colour alone says nothing.
 *
 * @param {{ tone: string, children?: unknown }} props
 */
export function Badge({ tone, children }) {
  return html`<span class="badge"><span class=${`dot tone-${tone}`} aria-hidden="true"></span>${children}</span>`
}

/** A phase, with the provider's own word for the status. @param {{ phase: Phase, status: string }} props */
export function Status({ phase, status }) {
  return html`<${Badge} tone=${phase}>${wordOf(phase)} <code class="muted">${status}</code><//>`
}

import { html } from '../html.js'

/**
 * Nothing is there, and what to do about it.
 *
 * @param {{ title: string, children?: unknown }} props
 */
export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`
}

/**
 * Nothing could be loaded, or nothing newer.
 *
 * @param {{ error: Error | null, hasData: boolean, reload: () => void }} props
 */
export function Trouble({ error, hasData, reload }) {
  if (error === null) return null
  const title = hasData ? 'This could not be refreshed; it may be out of date.' : 'This could not be loaded.'
  return html`
    <div class="trouble" role="alert">
      <div><strong>${title}</strong><p>${error.message}</p></div>
      <button type="button" onClick=${reload}>Try again</button>
    </div>
  `
}

/** Room for something that is loading. @param {{ lines?: number }} props */
export function Loading({ lines = 4 }) {
  const bars = Array.from({ length: lines }, (_, index) => html`<span class="skeleton" key=${index}></span>`)
  return html`<div class="loading" aria-busy="true"><span class="visually-hidden">Loading</span>${bars}</div>`
}

/** A part of a view under a heading of its own. @param {{ title: string, aside?: unknown, class?: string, children?: unknown }} props */
export function Panel({ title, aside = null, class: name = '', children }) {
  return html`
    <section class=${`panel ${name}`} aria-label=${title}>
      <header class="panel-head"><h2>${title}</h2>${aside}</header>
      ${children}
    </section>
  `
}

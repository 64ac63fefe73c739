import { html } from '../html.js'
import { hrefTo, route } from '../route.js'

/**
 * Links to the next page and back to the first; the browser's back button knows those between.
 *
 * @param {{ next: string | null | undefined }} props
 */
export function Pager({ next }) {
  const { path, query } = route.value
  const { cursor, ...filters } = Object.fromEntries(query)
  if (!next && cursor === undefined) return null
  return html`
    <nav class="pager" aria-label="Pages">
      ${cursor !== undefined && html`<a class="button" href=${hrefTo(path, filters)}>First page</a>`}
      ${next && html`<a class="button" href=${hrefTo(path, { ...filters, cursor: next })}>Next page</a>`}
    </nav>
  `
}

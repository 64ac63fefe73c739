import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from '../html.js'
import { painted } from '../theme-choice.js'

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color name of a custom property
 * @property {readonly (number | null)[]} values
 * @property {boolean} [isDashed]
 */

/**
 * @typedef {object} ChartProps
 * @property {string} title
 * @property {readonly string[]} at where each value stands: moments or days
 * @property {'day' | 'hour'} step
 * @property {'bars' | 'lines'} kind bars are stacked
 * @property {readonly Line[]} lines
 * @property {(value: number) => string} format
 * @property {string} nothing said where there is no value at all
 */

/** A chart with its key, what stands under the pointer, and all its numbers as a table. @param {ChartProps} props */
export function Chart(props) {
  const { title, at, lines, format, nothing, step } = props
  const [hovered, setHovered] = useState(/** @type {number | null} */ (null))
  const place = useRef(/** @type {HTMLDivElement | null} */ (null))
  useDrawing(place, props, setHovered)
  const isEmpty = lines.every(({ values }) => values.every((value) => !value))
  const shown = hovered ?? at.length - 1
  const when = (/** @type {number} */ index) => nameOf(at[index] ?? '', step)
  return html`
    <figure class="chart" aria-label=${title}>
      <figcaption class="chart-key">
        <span class="chart-at">${when(shown)}</span>
        ${lines.map(
          ({ label, color, values }) => html`
          <span class="key" key=${label}><span class="swatch" style=${{ background: `var(${color})` }} aria-hidden="true"></span>
          ${label} <b>${formatValue(values[shown], format)}</b></span>
        `,
        )}
      </figcaption>
      <div class="chart-place" ref=${place} aria-hidden="true"></div>
      ${isEmpty && html`<p class="chart-nothing">${nothing}</p>`}
      <${Numbers} ...${props} />
    </figure>
  `
}

/** Made only once somebody wants to see them. @param {ChartProps} props */
function Numbers({ title, at, lines, format, step }) {
  const [isOpen, setOpen] = useState(false)
  const row = (/** @type {string} */ moment, /** @type {number} */ index) => html`
    <tr key=${moment}>
      <th scope="row">${nameOf(moment, step)}</th>
      ${lines.map(({ values }) => html`<td class="number">${formatValue(values[index], format)}</td>`)}
    </tr>
  `
  return html`
    <details class="chart-numbers" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers<span class="visually-hidden"> of ${title}</span></summary>
      ${
        isOpen &&
        html`
        <div class="table-frame" tabindex="0" role="region" aria-label=${`Numbers of ${title}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">${step === 'day' ? 'Day' : 'Hour'}, UTC</th>
                ${lines.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}
              </tr>
            </thead>
            <tbody>${at.map(row).reverse()}</tbody>
          </table>
        </div>
      `
      }
    </details>
  `
}

function formatValue(
  /** @type {number | null | undefined} */ value,
  /** @type {(value: number) => string} */ format,
) {
  return value === null || value === undefined ? '–' : format(value)
}

function nameOf(/** @type {string} */ at, /** @type {'day' | 'hour'} */ step) {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return ''
  const day = date.toLocaleDateString('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return step === 'day' ? day : `${day}, ${at.slice(11, 16)}`
}

/**
 * Draws anew with each change of colours, and takes new numbers as they come.
 *
 * @param {{ current: HTMLDivElement | null }} place
 * @param {ChartProps} props
 * @param {(index: number | null) => void} onHover
 */
function useDrawing(place, props, onHover) {
  const drawn = useRef(/** @type {import('../drawing.js').Drawing | null} */ (null))
  const newest = useRef(props)
  newest.current = props
  const colours = painted.value
  useEffect(() => {
    let isGone = false
    // Behind everything else: no other view needs the library.
    void import('../drawing.js').then(({ draw }) => {
      if (!isGone && place.current !== null) drawn.current = draw(place.current, newest.current, onHover)
    })
    return () => {
      isGone = true
      drawn.current?.remove()
      drawn.current = null
    }
  }, [colours])
  const numbers = JSON.stringify([props.at, props.lines.map(({ values }) => values)])
  useEffect(() => drawn.current?.show(newest.current), [numbers])
}

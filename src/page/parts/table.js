import { html } from '../html.js'

/**
 * @template T
 * @typedef {object} TableProps
 * @property {string} caption read out, not shown
 * @property {readonly import('../types.d.ts').Column<T>[]} columns
 * @property {readonly T[] | null} rows null while they are loading
 * @property {(row: T) => string} keyOf
 * @property {number} [expected] how many rows to keep room for
 * @property {boolean} [isStale]
 * @property {unknown} empty shown instead of no rows
 */

/**
 * On narrow screens each row becomes a card; the roles keep it a table for those who listen.
 *
 * @template T
 * @param {TableProps<T>} props
 */
export function Table({ caption, columns, rows, keyOf, expected = 8, isStale = false, empty }) {
  if (rows !== null && rows.length === 0) return empty
  return html`
    <div class="table-frame">
      <table role="table" class=${isStale ? 'is-stale' : ''} aria-busy=${rows === null || isStale}>
        <caption class="visually-hidden">${caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            ${columns.map(({ label, class: name = '' }) => html`<th role="columnheader" scope="col" class=${name}>${label}</th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${rows === null ? skeletonRows(columns, expected) : rows.map((row) => tableRow(columns, row, keyOf(row)))}
        </tbody>
      </table>
    </div>
  `
}

/**
 * @template T
 * @param {readonly import('../types.d.ts').Column<T>[]} columns
 * @param {T} row
 * @param {string} key
 */
function tableRow(columns, row, key) {
  const cells = columns.map(
    ({ label, show, class: name = '' }) => html`
      <td role="cell" class=${name}><span class="cell-label" aria-hidden="true">${label}</span><span class="cell">${show(row)}</span></td>
    `,
  )
  return html`<tr role="row" key=${key}>${cells}</tr>`
}

function skeletonRows(/** @type {readonly object[]} */ columns, /** @type {number} */ expected) {
  return Array.from({ length: expected }, (_, index) => {
    const cells = columns.map(() => html`<td role="cell"><span class="skeleton"></span></td>`)
    return html`<tr role="row" key=${index} class="is-skeleton">${cells}</tr>`
  })
}

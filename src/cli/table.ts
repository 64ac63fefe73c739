import type { Style } from './shell.ts'
import { clean, cutEnd, cutMiddle, padEnd, padStart, widthOf } from './text.ts'

export interface Column {
  readonly title: string
  /** How it may become narrower: not at all (the default), or by losing its middle or its end. */
  readonly cut?: 'middle' | 'end'
  /** Left out where the others need its room. */
  readonly optional?: boolean
  readonly alignRight?: boolean
}

export interface Cell {
  readonly text: string
  readonly style?: Style
}

export interface TableOptions {
  readonly width: number
  readonly paint: (style: Style, text: string) => string
}

const GAP = 2
/** What a column that may be cut keeps. */
const LEAST = 9

/** Lines of a table that fits the width, as long as what may not be cut leaves room for it. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string[] {
  const cells = rows.map((row) => row.map((cell) => ({ ...cell, text: clean(cell.text) })))
  const natural = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[index]?.text ?? '')), widthOf(column.title)),
  )
  const widths = fitWidths(columns, natural, options.width)
  const head = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }))
  return [head, ...cells].map((row) => {
    const parts = columns.flatMap((column, index) => {
      const width = widths[index] ?? 0
      return width === 0 ? [] : [renderCell(column, row[index] ?? { text: '' }, width, options)]
    })
    return parts.join(' '.repeat(GAP)).trimEnd()
  })
}

function renderCell(column: Column, cell: Cell, width: number, { paint }: TableOptions): string {
  const short = column.cut === 'middle' ? cutMiddle(cell.text, width) : cutEnd(cell.text, width)
  const padded = column.alignRight ? padStart(short, width) : padEnd(short, width)
  const { style } = cell
  // Only the text, or an underline would run on under the padding.
  return style === undefined ? padded : padded.replace(short, () => paint(style, short))
}

/** The width of each column; 0 for one that is left out. */
function fitWidths(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const widths = [...natural]
  const leastOf = (index: number) => {
    const width = natural[index] ?? 0
    return columns[index]?.cut === undefined ? width : Math.min(width, LEAST)
  }
  const isShown = (index: number) => (widths[index] ?? 0) > 0
  const total = (of: (index: number) => number) =>
    columns.reduce((sum, _, index) => sum + (isShown(index) ? of(index) + GAP : 0), -GAP)

  for (let index = columns.length - 1; index >= 0 && total(leastOf) > available; index -= 1) {
    if (columns[index]?.optional) widths[index] = 0
  }
  // The widest gives first, so that all that are cut become equally narrow.
  while (total((index) => widths[index] ?? 0) > available) {
    const widest = columns
      .map((_, index) => index)
      .filter((index) => (widths[index] ?? 0) > leastOf(index))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0]
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

import { describe, expect, test } from 'vitest'

import { type Column, renderTable } from '../../src/cli/table.ts'
import { widthOf } from '../../src/cli/text.ts'

const columns: Column[] = [
  { title: 'ID', cut: 'middle' },
  { title: 'STATUS' },
  { title: 'COMPANY', cut: 'middle', optional: true },
  { title: 'WHY', cut: 'end', optional: true },
]
const id = '9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11'
const row = [
  id,
  'COMPLETED_WITH_FAILURES',
  '7c1e02aa88ef0012',
  'because the receiver said so, at length',
].map((text) => ({
  text,
}))

const render = (width: number, rows = [row]) =>
  renderTable(columns, rows, { width, paint: (_, text) => text })

describe('a table', () => {
  test('shows everything where nothing limits its width', () => {
    const [head, line] = render(Number.POSITIVE_INFINITY)

    expect(line?.split(/ {2,}/)).toEqual(row.map((cell) => cell.text))
    expect(head).toMatch(/^ID +STATUS +COMPANY +WHY$/)
  })

  test.each([60, 80, 100, 120])('fits %i columns, and keeps the status whole', (width) => {
    const lines = render(width)

    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
    expect(lines[1]).toContain('COMPLETED_WITH_FAILURES')
  })

  test('shortens ids in their middle, where they differ least', () => {
    expect(render(80)[1]).toMatch(/^9f5b[^ ]*…[^ ]*9a11 /)
  })

  test('leaves out what is optional before it becomes wider than the terminal', () => {
    const [head, line] = render(34)

    expect(head).toBe('ID         STATUS')
    expect(line).toBe('9f5b…9a11  COMPLETED_WITH_FAILURES')
  })

  test('prints nothing that steers the terminal, whoever sent it', () => {
    const evil = [
      { text: 'a\u001b[2J\u001b]0;owned\u0007b\r\nc\u009b31m' },
      { text: 'X\u202eY\u0000' },
      { text: '' },
      { text: '' },
    ]

    const line = render(100, [evil])[1] ?? ''

    expect(line).toMatch(/^ab c(31m)? {2,}XY$/)
    expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
  })

  test('counts wide characters as two columns', () => {
    const wide = [{ text: '移行作業の会社'.repeat(8) }, { text: 'WORKING' }, { text: '' }, { text: '' }]

    for (const line of render(60, [wide, row])) expect(widthOf(line)).toBeLessThanOrEqual(60)
  })
})

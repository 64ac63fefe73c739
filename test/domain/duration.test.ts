import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { formatDuration, parseDuration } from '../../src/domain/duration.ts'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const units = fc.constantFrom(...(Object.keys(UNIT_MS) as (keyof typeof UNIT_MS)[]))

describe('parseDuration', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['1.005s', 1_005],
    ['0s', 0],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each([
    '',
    '5',
    's',
    '5 m',
    ' 5m',
    '5M',
    '-5m',
    '+5m',
    '1h30m',
    '1e3s',
    '.5s',
    '5.s',
    '0.4ms',
    '5min',
    '٣s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull()
  })

  test('refuses what no number holds exactly', () => {
    expect(parseDuration('99999999999999999d')).toBeNull()
  })

  test('reads every whole number of every unit exactly', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), units, (amount, unit) => {
        expect(parseDuration(`${amount}${unit}`)).toBe(amount * UNIT_MS[unit])
      }),
    )
  })

  test('never throws, and gives null or a whole number from 0', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,20}(ms|s|m|h|d)$/)), (text) => {
        const ms = parseDuration(text)
        expect(ms === null || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true)
      }),
    )
  })
})

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [850, '850 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [9_999, '9.9 s'],
    [12_700, '12 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [80_000, '1 min 20 s'],
    [3_600_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [86_400_000, '1 day'],
    [100_800_000, '1 day 4 h'],
    [187_200_000, '2 days 4 h'],
    [-80_000, '-1 min 20 s'],
  ])('writes %d ms as %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words)
  })

  test('never says more than there is, and less by under one of the unit it ends with', () => {
    const short = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, day: 86_400_000, days: 86_400_000 }
    /** The unit a shown one is rounded down to, as long as it is not shown itself. */
    const grain = { ms: 1, s: 1_000, min: 1_000, h: 60_000, day: 3_600_000, days: 3_600_000 }

    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 * short.day }), (ms) => {
        const words = formatDuration(ms).split(' ')
        const parts = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]]] : []))
        const told = parts.reduce((sum, [amount, unit]) => sum + Number(amount) * short[unit as 'ms'], 0)
        const lastUnit = words.at(-1) as 'ms'
        const missing = parts.length === 1 ? grain[lastUnit] : short[lastUnit]
        expect(told).toBeLessThanOrEqual(ms)
        expect(ms - told).toBeLessThan(missing)
      }),
    )
  })

  test('says what parseDuration read', () => {
    expect(formatDuration(parseDuration('1.5h') ?? 0)).toBe('1 h 30 min')
  })
})

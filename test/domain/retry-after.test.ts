import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../../src/domain/retry-after.ts'

const now = new Date('2026-03-04T09:00:00Z')

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['5', 5_000],
    [' 120 ', 120_000],
    ['+7', 7_000],
    ['1.2', 1_200],
    ['-3', 0],
    ['86400', MAX_RETRY_AFTER_MS],
    ['86401', MAX_RETRY_AFTER_MS],
    ['9'.repeat(400), MAX_RETRY_AFTER_MS],
    [`-${'9'.repeat(400)}`, 0],
  ])('reads %s as seconds', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  test.each([
    ['the fixed form', 'Wed, 04 Mar 2026 09:02:00 GMT', 120_000],
    ['the form of RFC 850', 'Wednesday, 04-Mar-26 09:02:00 GMT', 120_000],
    ["asctime's form", 'Wed Mar  4 09:02:00 2026', 120_000],
    ['small letters', 'wed, 04 mar 2026 09:00:01 gmt', 1_000],
    ['a moment that has passed', 'Wed, 04 Mar 2026 08:59:59 GMT', 0],
    ['a far year', 'Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER_MS],
    ['the past century', 'Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', 0],
  ])('reads a date: %s', (_form, value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  test.each([
    '',
    ' ',
    'soon',
    '1e3',
    '0x10',
    '5s',
    '5, 10',
    'Infinity',
    'NaN',
    '--1',
    '2026-03-04T09:02:00Z',
    'Wed, 04 Mar 2026 09:02:00',
    'Wed, 04 Mar 2026 09:02:00 CET',
    'Wed, 04 Foo 2026 09:02:00 GMT',
    'Tue, 31 Feb 2026 09:02:00 GMT',
    'Wed, 00 Mar 2026 09:02:00 GMT',
    'Wed, 04 Mar 2026 24:00:00 GMT',
    'Wed, 04 Mar 2026 09:60:00 GMT',
    'Wed, 04 Mar 2026 09:02:61 GMT',
  ])('knows garbage: "%s"', (value) => {
    expect(parseRetryAfter(value, now)).toBeNull()
  })

  test('is null or within 0 and a day, whatever the header says', () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    )
    fc.assert(
      fc.property(header, (value) => {
        const waitMs = parseRetryAfter(value, now)
        expect(waitMs === null || (waitMs >= 0 && waitMs <= MAX_RETRY_AFTER_MS)).toBe(true)
      }),
    )
  })

  test('reads back every date within a day, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        const date = new Date(now.getTime() + seconds * 1000)
        expect(parseRetryAfter(date.toUTCString(), now)).toBe(seconds * 1000)
      }),
    )
  })
})

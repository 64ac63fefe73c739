import fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseUtcTime } from '../../src/providers/utc-time.ts'

test.each([
  ['2025-12-02T23:51:49.807119', '2025-12-02T23:51:49.807119Z'],
  ['2025-12-02T23:51:49.807119Z', '2025-12-02T23:51:49.807119Z'],
  ['2025-12-02T23:51:49.807119+00:00', '2025-12-02T23:51:49.807119Z'],
  ['2025-12-02T23:51:49.807119+02:00', '2025-12-02T21:51:49.807119Z'],
  ['2025-12-31T23:51:49.1-05:30', '2026-01-01T05:21:49.1Z'],
  ['2024-02-29T00:30:00+01', '2024-02-28T23:30:00Z'],
  ['2024-02-29T00:30:00-0100', '2024-02-29T01:30:00Z'],
  ['2026-03-04T09:15:02Z', '2026-03-04T09:15:02Z'],
  ['2026-03-04 09:15:02.5', '2026-03-04T09:15:02.5Z'],
  ['2026-03-04T09:15:02.123456789Z', '2026-03-04T09:15:02.123456Z'],
  ['2026-03-04t09:15z', '2026-03-04T09:15:00Z'],
])('%s is %s, whatever the zone of this machine', (given, utc) => {
  expect(parseUtcTime(given)).toBe(utc)
})

test.each([
  'yesterday',
  '',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:00+99:00',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '2026-03-04',
  '2026-03-04T09:15:02.Z',
  1_700_000_000,
  null,
  undefined,
  {},
])('%j is no time', (given) => {
  expect(parseUtcTime(given)).toBeNull()
})

test('every moment is found again in every zone', () => {
  const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
  const moment = fc.date({ min: new Date('0002-01-01Z'), max: new Date('9998-12-31Z'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, offset, (at, minutes) => {
      const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1)
      const two = (n: number) => String(n).padStart(2, '0')
      const size = Math.abs(minutes)
      const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
      expect(parseUtcTime(`${local}${zone}`)).toBe(at.toISOString())
    }),
  )
})

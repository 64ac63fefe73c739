import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { parseHeaderItems } from '../../src/domain/header-items.ts'
import { parseRateLimit } from '../../src/domain/rate-limit-headers.ts'
import { hint } from './hint.ts'

const now = new Date('2026-03-04T09:00:00Z')
const DAY_MS = 24 * 3_600_000
const seconds = (offsetS: number) => String(now.getTime() / 1000 + offsetS)

const parse = (headers: Record<string, string>) => parseRateLimit((name) => headers[name] ?? null, now)

describe("the IETF draft's headers", () => {
  test.each([
    [
      '"default";r=50;t=30',
      '"default";q=100;w=60',
      { remaining: 50, resetMs: 30_000, limit: 100, windowMs: 60_000 },
    ],
    ['default;r=50;t=30', '', { remaining: 50, resetMs: 30_000 }],
    ['"default";r=0', '', { remaining: 0 }],
    ['', '"default";q=100;w=60', { limit: 100, windowMs: 60_000 }],
    ['"a";r=50;t=30', '"b";q=100;w=60', { remaining: 50, resetMs: 30_000 }],
    [
      '"a,b;c";r=5;t=9',
      '"a,b;c";q=10;w=10;pk=:aGk=:',
      { remaining: 5, resetMs: 9_000, limit: 10, windowMs: 10_000 },
    ],
    [
      '"m";r=9;t=10, "d";r=50;t=40000',
      '"m";q=10;w=60, "d";q=100;w=86400',
      { remaining: 50, resetMs: 4e7, limit: 100, windowMs: DAY_MS },
    ],
    [
      '"bytes";r=1;t=60, "a";r=8;t=60',
      '"bytes";q=9;w=60;qu="content-bytes"',
      { remaining: 8, resetMs: 60_000 },
    ],
    ['limit=100, remaining=50, reset=30', '100;w=60', { remaining: 50, resetMs: 30_000, limit: 100 }],
  ])('RateLimit: %s, RateLimit-Policy: %s', (state, policy, expected) => {
    expect(parse({ ratelimit: state, 'ratelimit-policy': policy })).toEqual(hint(expected))
  })
})

describe.each(['ratelimit', 'x-ratelimit', 'x-rate-limit'])('%s-limit, -remaining and -reset', (prefix) => {
  const parsePlain = (limit: string, remaining: string, reset: string) =>
    parse({ [`${prefix}-limit`]: limit, [`${prefix}-remaining`]: remaining, [`${prefix}-reset`]: reset })

  test.each([
    ['seconds from now', '30', 30_000],
    ['seconds with a fraction', '0.25', 250],
    ['seconds since 1970', seconds(45), 45_000],
    ['milliseconds since 1970', String(now.getTime() + 1_234), 1_234],
    ['an HTTP date', 'Wed, 04 Mar 2026 09:02:00 GMT', 120_000],
    ['a moment that has just passed', seconds(-1), 0],
    ['a moment long past', seconds(-60), null],
    ['a moment far away', seconds(7 * 86_400), null],
    ['seconds without sense', '90000', null],
    ['a negative number', '-5', null],
    ['a word', 'soon', null],
    ['nothing', '', null],
  ])('read a reset as %s', (_form, reset, resetMs) => {
    expect(parsePlain('100', '50', reset)).toEqual(hint({ limit: 100, remaining: 50, resetMs }))
  })

  test.each([
    ['5,000', '4,999', { limit: 5000, remaining: 4999 }],
    ['100, 100;w=60', '50', { limit: 100, remaining: 50, windowMs: 60_000 }],
    ['10, 1000', '9, 0', { limit: 1000, remaining: 0 }],
    ['many', '7', { remaining: 7 }],
    ['100', '-1', { limit: 100 }],
    ['1e3', '3.7', { remaining: 3 }],
  ])('read a limit of %s with %s left', (limit, remaining, expected) => {
    expect(parsePlain(limit, remaining, '')).toEqual(hint(expected))
  })
})

test("a reset at a point in time is taken on the server's clock, which may be wrong", () => {
  const headers = { date: 'Wed, 04 Mar 2026 08:00:00 GMT', 'x-ratelimit-reset': seconds(-3_590) }
  expect(parse(headers)).toEqual(hint({ resetMs: 10_000 }))
})

test('of several limits it is the one that allows least', () => {
  const headers = {
    'x-ratelimit-remaining': '90',
    'x-ratelimit-reset': '10',
    ratelimit: '"default";r=20;t=40',
  }
  expect(parse(headers)).toMatchObject({ remaining: 20, resetMs: 40_000 })
})

test('nothing is said where no header is, and none can be read', () => {
  expect(parse({})).toBeNull()
  expect(parse({ 'x-ratelimit-limit': 'x', ratelimit: '"', 'ratelimit-policy': ';;,=' })).toBeNull()
})

test('garbage never throws, and never gives a number that cannot be', () => {
  const piece = fc.constantFrom(
    '"',
    ';',
    ',',
    '=',
    '\\',
    'r=',
    't=',
    'q=',
    'w=',
    ' ',
    '9',
    '60',
    '1e9',
    '-',
    'default',
  )
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )
  const names = ['ratelimit', 'ratelimit-policy', 'date'].concat(
    ['ratelimit', 'x-ratelimit'].flatMap((one) => [`${one}-limit`, `${one}-remaining`, `${one}-reset`]),
  )
  const headers = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
  fc.assert(
    fc.property(headers, (one) => {
      const said = parse(one as Record<string, string>)
      if (said === null) return
      const { remaining, resetMs, limit, windowMs } = said
      for (const n of [remaining, resetMs, limit, windowMs]) {
        expect(n === null || (Number.isInteger(n) && n >= 0)).toBe(true)
      }
      for (const ms of [resetMs, windowMs]) expect(ms ?? 0).toBeLessThanOrEqual(DAY_MS)
      expect(windowMs).not.toBe(0)
    }),
    { numRuns: 1_000 },
  )
})

test('a header as long as servers let it be is read at once', () => {
  const started = performance.now()
  for (const piece of ['"', '\\"', 'a;', ',', '"a"', ';=']) parseHeaderItems(piece.repeat(50_000))
  expect(performance.now() - started).toBeLessThan(1_000)
})

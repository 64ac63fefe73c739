import { expect, test } from 'vitest'

import { nextSecrets, type StoredSecret, secretsAt } from '../../src/domain/stored-hook.ts'

const HOUR_MS = 3_600_000
const at = (hour: number) => new Date(Date.UTC(2026, 2, 4, hour))
const first: StoredSecret[] = [{ secret: 'a', until: null }]

test('the old secret signs behind the new one, until the overlap is over', () => {
  const both = nextSecrets(first, 'b', at(0), 2 * HOUR_MS)
  expect(secretsAt(both, at(0))).toEqual(['b', 'a'])
  expect(secretsAt(both, at(1))).toEqual(['b', 'a'])
  expect(secretsAt(both, at(2))).toEqual(['b'])
})

test('without an overlap only the new one signs', () => {
  expect(nextSecrets(first, 'b', at(0), 0)).toEqual([{ secret: 'b', until: null }])
})

test('a second rotation prolongs nothing, and can cut short', () => {
  const two = nextSecrets(first, 'b', at(0), 2 * HOUR_MS)
  const longer = nextSecrets(two, 'c', at(1), 9 * HOUR_MS)
  expect(secretsAt(longer, at(2))).toEqual(['c', 'b'])
  const shorter = nextSecrets(two, 'c', at(0), HOUR_MS)
  expect(secretsAt(shorter, at(1))).toEqual(['c'])
})

test('what has ended is forgotten, and of many only the newest sign', () => {
  const two = nextSecrets(first, 'b', at(0), HOUR_MS)
  expect(nextSecrets(two, 'c', at(1), HOUR_MS).map(({ secret }) => secret)).toEqual(['c', 'b'])
  const many = ['b', 'c', 'd', 'e', 'f'].reduce((all, one) => nextSecrets(all, one, at(0), HOUR_MS), first)
  expect(secretsAt(many, at(0))).toEqual(['f', 'e', 'd', 'c'])
})

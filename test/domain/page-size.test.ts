import { expect, test } from 'vitest'

import { honouredPageSize, smallerPageSize } from '../../src/domain/page-size.ts'
import { startSweep } from '../../src/domain/walk.ts'

test('half of a refused size is tried next, down to ten', () => {
  expect([100, 50, 25, 12, 10, 1].map(smallerPageSize)).toEqual([50, 25, 12, 10, null, null])
})

test('a walk down shows what a provider gives, unless it gave nearly what was asked, or everything', () => {
  const walk = { ...startSweep('down', 0), lastPage: 3, fullSize: 50 }
  expect(honouredPageSize(walk, 100)).toBe(50)
  expect(honouredPageSize(walk, 50)).toBeNull()
  expect(honouredPageSize({ ...walk, fullSize: 97 }, 100)).toBeNull()
  expect(honouredPageSize({ ...walk, lastPage: 0 }, 100)).toBeNull()
  expect(honouredPageSize({ ...walk, fullSize: 0 }, 100)).toBeNull()
  expect(honouredPageSize({ ...walk, direction: 'up' }, 100)).toBeNull()
})

import { test } from 'vitest'
import { expectNothingLost } from './drifting-list.ts'

// More schedules: test/chaos/drift.test.ts.
test('planner, sweeps and walks together lose no migration of a list that drifts between any two requests', () => {
  expectNothingLost(1)
}, 120_000)

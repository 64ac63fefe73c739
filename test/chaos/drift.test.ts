import { test } from 'vitest'
import { expectNothingLost } from '../domain/planner/drifting-list.ts'

// With those of test/domain/planner/drift.test.ts 10,000 schedules.
test.each([2, 3, 4])(
  'planner, sweeps and walks together lose no migration of a list that drifts between any two requests (%i)',
  (seed) => {
    expectNothingLost(seed)
  },
)

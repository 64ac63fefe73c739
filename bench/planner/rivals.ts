import { seenOf } from '../../src/domain/planner/page-seen.ts'
import type { Planner } from '../../src/domain/planner/types.ts'
import { nextStep, startSweep } from '../../src/domain/walk.ts'

/** Sweeps the list without end. */
export function createSweeper(): Planner {
  let walk = startSweep('down', 0)
  return {
    choose: (_nowMs, tokens) => (tokens > 0 ? [{ kind: 'list', page: walk.page, reason: 'sweep' }] : []),
    observe(answer) {
      if (answer.kind !== 'list') return
      const step = nextStep(walk, seenOf(answer, false))
      walk = step.kind === 'complete' ? startSweep('down', 0) : step.walk
    },
  }
}

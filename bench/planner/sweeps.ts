import { seenOf } from '../../src/domain/planner/page-seen.ts'
import type { Answer, Sweep } from '../../src/domain/planner/types.ts'
import { nextStep, startSweep, type Walk } from '../../src/domain/walk.ts'

/** Keeps the walk over all pages, as the daemon does in Postgres: a new one at each interval, down and up in turn. */
export interface Sweeps {
  wanted(nowMs: number, knownLastPage: number): Sweep
  observe(answer: Answer): void
}

export function createSweeps(everyMs: number): Sweeps {
  let walk: Walk | null = null
  let completed = 0
  let lastPage = 0
  let startedMs = Number.NEGATIVE_INFINITY
  return {
    wanted(nowMs, knownLastPage) {
      // Of a list with seams the first complete picture takes one walk each way.
      const again = completed === 1 && lastPage > 0
      if (walk === null && (again || nowMs - startedMs >= everyMs)) {
        walk = startSweep(completed % 2 === 0 ? 'down' : 'up', Math.max(lastPage, knownLastPage))
        startedMs = nowMs
      }
      return { page: walk?.page ?? null, baseline: completed === 0 }
    },
    observe(answer) {
      if (walk === null || answer.kind !== 'list' || answer.page !== walk.page) return
      const step = nextStep(walk, seenOf(answer, false))
      walk = step.kind === 'complete' ? null : step.walk
      if (step.kind === 'go_on') return
      lastPage = step.walk.lastPage
      completed += 1
    },
  }
}

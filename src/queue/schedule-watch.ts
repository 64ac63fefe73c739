import { scheduleId } from './names.ts'
import type { Schedule } from './queue.ts'
import { isSetBack, type StoredSchedules } from './schedules.ts'

export interface Findings {
  /** What is stored is not what is wanted. */
  readonly differs: boolean
  /** Schedules that do not move: due and not run, or due only because the clock was ahead. */
  readonly suspects: ReadonlySet<string>
  /** Some of them are due and not run. */
  readonly isOverdue: boolean
}

export type ScheduleWatch = (stored: StoredSchedules, wanted: readonly Schedule[]) => Findings

const overdueMs = 3_000

/**
 * Looks at the schedules again and again. What counts is whether they move, by this process's own steady clock: the
 * times that are stored come from other machines' clocks, which may be wrong or be set.
 */
export function createScheduleWatch(): ScheduleWatch {
  let seen = new Map<string, { nextRun: number; sinceMs: number }>()

  function look(stored: StoredSchedules, wanted: readonly Schedule[]): void {
    const before = seen
    seen = new Map()
    for (const schedule of wanted) {
      const id = scheduleId(schedule)
      const nextRun = stored.nextRuns.get(id)
      const last = before.get(id)
      if (nextRun === undefined) continue
      seen.set(id, last?.nextRun === nextRun ? last : { nextRun, sinceMs: performance.now() })
    }
  }

  return (stored, wanted) => {
    look(stored, wanted)
    const suspects = new Set<string>()
    let isOverdue = false
    for (const schedule of stored.paused ? [] : wanted) {
      const sighting = seen.get(scheduleId(schedule))
      const stillMs = performance.now() - (sighting?.sinceMs ?? Number.NaN)
      const state = decideState(schedule, sighting?.nextRun, stillMs)
      isOverdue ||= state === 'overdue'
      if (state !== 'fine') suspects.add(scheduleId(schedule))
    }
    return { differs: seen.size !== wanted.length || seen.size !== stored.nextRuns.size, suspects, isOverdue }
  }
}

function decideState(
  schedule: Schedule,
  nextRun: number | undefined,
  stillMs: number,
): 'fine' | 'overdue' | 'set_back' {
  if (nextRun === undefined) return 'fine'
  if (nextRun < Date.now() - overdueMs && stillMs > 2_000) return 'overdue'
  return stillMs > schedule.everyMs + overdueMs && isSetBack(schedule, nextRun) ? 'set_back' : 'fine'
}

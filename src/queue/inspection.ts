import { createFetchWatch } from './fetch-watch.ts'
import type { Schedule } from './queue.ts'
import type { Findings, ScheduleWatch } from './schedule-watch.ts'
import { loadSchedules, recordWanted, repairSchedules, type StoredSchedules } from './schedules.ts'
import type { Session, SessionParts } from './session.ts'
import type { Wish } from './wish.ts'
import { within } from './within.ts'

/** Repairs the stored schedules and tells whether the session works; rejects when the backend does not answer. */
export type Inspect = () => Promise<'fine' | 'stuck'>

export function createInspection(
  session: Session,
  parts: SessionParts,
  wish: Wish,
  watchSchedules: ScheduleWatch,
): Inspect {
  const queue = session.queues.schedule
  const watchFetching = createFetchWatch(session.queues, parts.handling, parts.concurrency)
  let suspectsDueMs = 0

  function isRepairDue(stored: StoredSchedules, { differs, suspects }: Findings): boolean {
    if (wish.pending() || differs || !isSame(stored.wanted, wish.known())) return true
    // Jobs that wait for busy workers look the same; asking about each once a second would be too much.
    return suspects.size > 0 && performance.now() > suspectsDueMs
  }

  async function repair(seen: StoredSchedules, suspects: ReadonlySet<string>): Promise<void> {
    suspectsDueMs = performance.now() + 3_000
    await session.alone(async () => {
      // Others may have been here before, and may have asked for something else.
      const stored = await loadSchedules(queue)
      const pending = wish.pending()
      const wanted = pending ?? stored.wanted ?? wish.known()
      if (!wanted) return
      if (pending || !stored.wanted) await recordWanted(queue, wanted)
      const unmoved = [...suspects].filter((id) => stored.nextRuns.get(id) === seen.nextRuns.get(id))
      await repairSchedules(queue, wanted, new Set(unmoved))
      wish.settle(wanted)
    })
  }

  return async () => {
    const stored = await within(2_500, loadSchedules(queue), 'reading the schedules')
    const wanted = wish.pending() ?? stored.wanted ?? wish.known()
    const findings = watchSchedules(stored, wanted ?? [])
    if (wanted && isRepairDue(stored, findings)) {
      await within(15_000, repair(stored, findings.suspects), 'repairing the schedules')
    } else if (wanted) {
      wish.settle(wanted)
    }
    return (await within(2_500, watchFetching(findings.isOverdue), 'counting jobs')) ? 'stuck' : 'fine'
  }
}

/** News may come from a process that died before it had done what it asked for. */
function isSame(stored: readonly Schedule[] | null, known: readonly Schedule[] | null): boolean {
  return JSON.stringify(stored) === JSON.stringify(known)
}

import { scheduleId } from './names.ts'
import type { Schedule } from './queue.ts'
import type { JobsQueue } from './session.ts'

export interface StoredSchedules {
  /** What the last `setSchedules` of any process asked for; null when the store was emptied. */
  readonly wanted: readonly Schedule[] | null
  /** When each schedule that exists is due next, by the clock of the process that ran it last. */
  readonly nextRuns: ReadonlyMap<string, number>
  /** An operator stopped the queue by hand. */
  readonly paused: boolean
}

/** Beside BullMQ's own fields of the queue, so that it is lost exactly when the schedules are. */
const wantedField = 'landfall-wanted'

export async function loadSchedules(queue: JobsQueue): Promise<StoredSchedules> {
  const backend = queue.getBackend()
  const [[wanted, paused], range] = await Promise.all([
    backend.getQueueMetaFields([wantedField, 'paused']),
    backend.getJobSchedulersRange(0, -1, true),
  ])
  const nextRuns = new Map<string, number>()
  for (let i = 0; i + 1 < range.length; i += 2) nextRuns.set(String(range[i]), Number(range[i + 1]))
  return { wanted: wanted ? (JSON.parse(wanted) as Schedule[]) : null, nextRuns, paused: paused === '1' }
}

export async function recordWanted(queue: JobsQueue, wanted: readonly Schedule[]): Promise<void> {
  await queue.getBackend().setQueueMeta({ [wantedField]: JSON.stringify(wanted) })
}

/** Makes the stored schedules equal to `wanted`, and those in `suspects` run again. Leaves alone what is as it should be. */
export async function repairSchedules(
  queue: JobsQueue,
  wanted: readonly Schedule[],
  suspects: ReadonlySet<string>,
): Promise<void> {
  const left = new Map(wanted.map((schedule) => [scheduleId(schedule), schedule]))
  for (const { key, every, next } of await queue.getJobSchedulers()) {
    const schedule = left.get(key)
    if (!schedule || schedule.everyMs !== every || (suspects.has(key) && isSetBack(schedule, next))) {
      // An altered interval would keep the old one's phase, which can be many intervals long.
      await queue.removeJobScheduler(key)
    } else if (!suspects.has(key) || (await isQueued(queue, key, next))) {
      left.delete(key)
    }
  }
  for (const [id, { task, account, everyMs }] of left) {
    await queue.upsertJobScheduler(
      id,
      { every: everyMs },
      {
        name: task,
        data: { account, task },
        opts: { removeOnComplete: true, removeOnFail: true, telemetry: { omitContext: true } },
      },
    )
  }
}

/** Further away than ever needed: the clock was ahead when it was set. */
export function isSetBack(schedule: Schedule, nextRun: number | undefined): boolean {
  return nextRun !== undefined && nextRun > Date.now() + schedule.everyMs
}

/** Whether the job of the next run is there, however late: then workers are missing, not the job. */
async function isQueued(queue: JobsQueue, id: string, nextRun: number | undefined): Promise<boolean> {
  const state = await queue.getJobState(`repeat:${id}:${nextRun}`)
  return state === 'waiting' || state === 'delayed'
}

import type { Handling } from './handling.ts'
import type { QueueName } from './names.ts'
import type { Concurrency, JobsQueue } from './session.ts'

/** At one look a second longer than an idle worker needs to look by itself. */
const patience = 8

/**
 * Tells whether a worker of this process fails to take jobs: they wait, it has places free, and it took none for many
 * looks. Looks are counted and not seconds, of which a process that was frozen has slept through any number.
 */
export function createFetchWatch(
  queues: Readonly<Record<QueueName, Pick<JobsQueue, 'getWaitingCount' | 'isPaused'>>>,
  handling: Pick<Handling, 'queues' | 'takenFrom' | 'activeIn'>,
  concurrency: Concurrency,
): (isOverdue: boolean) => Promise<boolean> {
  const seen = new Map<QueueName, { taken: number; looks: number }>()

  async function isWaiting(name: QueueName, isOverdue: boolean): Promise<boolean> {
    if (name === 'schedule') return isOverdue
    return (await queues[name].getWaitingCount()) > 0 && !(await queues[name].isPaused())
  }

  async function countLooks(name: QueueName, isOverdue: boolean): Promise<number> {
    const taken = handling.takenFrom(name)
    const last = seen.get(name)
    const isIdle = last?.taken === taken && handling.activeIn(name) < concurrency[name]
    const looks = isIdle && (await isWaiting(name, isOverdue)) ? last.looks + 1 : 0
    seen.set(name, { taken, looks })
    return looks
  }

  return async (isOverdue) => {
    const looks = await Promise.all(handling.queues.map((name) => countLooks(name, isOverdue)))
    return looks.some((count) => count > patience)
  }
}

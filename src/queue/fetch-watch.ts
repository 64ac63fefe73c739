import type { Handling } from './handling.ts'
import type { QueueName } from './names.ts'
import type { Concurrency, Session } from './session.ts'

/** Longer than an idle worker needs to look by itself. */
const patienceMs = 8_000

/**
 * Tells whether a worker of this process fails to take jobs: they wait, it has places free, and it took none for a while.
 * Whatever the reason is, new connections are the cure.
 */
export function createFetchWatch(
  session: Session,
  handling: Handling,
  concurrency: Concurrency,
): (schedulesStuckMs: number) => Promise<boolean> {
  const seen = new Map<QueueName, { taken: number; sinceMs: number }>()

  async function isWaiting(name: QueueName, schedulesStuckMs: number): Promise<boolean> {
    if (name === 'schedule') return schedulesStuckMs > patienceMs
    const queue = session.queues[name]
    return (await queue.getWaitingCount()) > 0 && !(await queue.isPaused())
  }

  return async (schedulesStuckMs) => {
    let stuck = false
    for (const name of handling.queues) {
      const taken = handling.takenFrom(name)
      const last = seen.get(name)
      const isIdle = last?.taken === taken && handling.activeIn(name) < concurrency[name]
      if (last && isIdle && (await isWaiting(name, schedulesStuckMs))) {
        stuck ||= performance.now() - last.sinceMs > patienceMs
      } else {
        seen.set(name, { taken, sinceMs: performance.now() })
      }
    }
    return stuck
  }
}

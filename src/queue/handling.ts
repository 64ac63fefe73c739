import type { Job } from 'bullmq'
import type { NoteError } from './error-log.ts'
import { type QueueName, scheduleId } from './names.ts'
import type { DeliveryJob, JobHandlers, RequestJob, Task } from './queue.ts'

/** The jobs that this process works on, whichever connections they came over. */
export interface Handling {
  readonly queues: readonly QueueName[]
  process(queue: QueueName, job: Job): Promise<void>
  activeIn(queue: QueueName): number
  /** How many jobs of the queue were taken up so far. */
  takenFrom(queue: QueueName): number
  active(): number
  /** Settles when no job is active. */
  idle(): Promise<void>
  abort(): void
}

interface Running {
  readonly queue: QueueName
  readonly work: Promise<void>
}

export function createHandling(handlers: JobHandlers, noteError: NoteError): Handling {
  const handle = createHandle(handlers)
  const running = new Map<AbortController, Running>()
  const taken: Record<QueueName, number> = { schedule: 0, requests: 0, deliveries: 0 }

  async function run(queue: QueueName, job: Job, signal: AbortSignal): Promise<void> {
    try {
      await handle(queue, job, signal)
    } catch (err) {
      // Not tried again: what is still due is planned again.
      if (!signal.aborted) noteError('error', 'job.failed', err, { queue, job: job.id, data: job.data })
    }
  }

  return {
    queues: [
      ...(handlers.plan || handlers.sweep ? ['schedule' as const] : []),
      ...(handlers.request ? ['requests' as const] : []),
      ...(handlers.deliver ? ['deliveries' as const] : []),
    ],
    process: async (queue, job) => {
      taken[queue]++
      // One each, as thousands of listeners on a shared one would never go away.
      const controller = new AbortController()
      const work = run(queue, job, controller.signal)
      running.set(controller, { queue, work })
      await work
      running.delete(controller)
    },
    activeIn: (queue) => [...running.values()].filter((job) => job.queue === queue).length,
    takenFrom: (queue) => taken[queue],
    active: () => running.size,
    idle: async () => {
      while (running.size > 0) await Promise.race([...running.values()].map(({ work }) => work))
    },
    abort: () => {
      for (const controller of running.keys()) controller.abort(new Error('landfall is stopping'))
    },
  }
}

function createHandle(
  handlers: JobHandlers,
): (queue: QueueName, job: Job, signal: AbortSignal) => Promise<void> {
  const ticking = new Set<string>()

  async function tick(job: Task): Promise<void> {
    const id = scheduleId(job)
    // A slow tick makes the next ones superfluous; were they to run beside it, they would take every place.
    if (ticking.has(id)) return
    ticking.add(id)
    try {
      await (job.account === null ? handlers[job.task]?.() : handlers[job.task]?.(job.account))
    } finally {
      ticking.delete(id)
    }
  }

  return async (queue, job, signal) => {
    switch (queue) {
      case 'schedule':
        return await tick(job.data as Task)
      case 'requests':
        return await handlers.request?.(job.data as RequestJob, signal)
      case 'deliveries':
        return await handlers.deliver?.(job.data as DeliveryJob, signal)
    }
  }
}

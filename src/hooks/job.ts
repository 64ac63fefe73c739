import { type BodyFormat, encodeBody } from './body.ts'
import type { Sender } from './hook.ts'

export interface JobTarget {
  /** The name of a BullMQ queue. */
  readonly queue: string
  readonly format: BodyFormat
}

/** Adds a job to a queue; one whose id is still there is not added again. */
export type AddJob = (queue: string, job: { id: string; name: string; data: object }) => Promise<void>

/** One job per event, under the event's id. */
export function createJobSender(addJob: AddJob): Sender<JobTarget> {
  return {
    send: async ({ queue, format }, event, signal) => {
      signal.throwIfAborted()
      const startedAt = performance.now()
      const data = JSON.parse(encodeBody(format, event).body) as object
      try {
        await addJob(queue, { id: event.id, name: event.type, data })
        return { kind: 'accepted', durationMs: Math.round(performance.now() - startedAt) }
      } catch {
        // The queue's own log says why.
        return { kind: 'failed', reason: `queue ${queue} did not take the job` }
      }
    },
    close: async () => {},
  }
}

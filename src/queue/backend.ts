import { setTimeout as pause } from 'node:timers/promises'
import type { BackendFactory, IQueueBackend } from 'bullmq'

/** Where BullMQ stands: Redis or Postgres. */
export interface Backend {
  readonly name: 'redis' | 'postgres'
  /** Connections that work; rejects within seconds when there are none to be had. */
  connect(): Promise<Link>
}

/** One set of connections. A broken one is not repaired but replaced. */
export interface Link {
  readonly producer: BackendFactory<IQueueBackend, object>
  readonly consumer: BackendFactory<IQueueBackend, object>
  /** Runs `work` while no other process runs its own, as far as the backend needs that. */
  alone(work: () => Promise<void>): Promise<void>
  /** Cuts every connection at once; nothing waits for an answer. */
  cut(): void
}

/**
 * Two of BullMQ's habits would hurt. Its fetch loop repeats a failed claim at once, thousands of times a second
 * (unless the connection was refused). And on Postgres it waits up to an hour for a notification that never comes
 * when the listening connection died in silence.
 */
export function tame(backend: IQueueBackend): IQueueBackend {
  const claim = backend.moveToActive.bind(backend)
  backend.moveToActive = async (token, name) => {
    try {
      return await claim(token, name)
    } catch (err) {
      await pause(500)
      throw err
    }
  }
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: 5 })
  return backend
}

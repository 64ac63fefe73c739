import { type IQueueBackend, type Job, type JobProgress, Queue, type Telemetry, Worker } from 'bullmq'
import type { Backend, Link } from './backend.ts'
import type { Handling } from './handling.ts'
import { outwardPrefix, type QueueName, queueNames, redisPrefix } from './names.ts'
import { endsWithin, within } from './within.ts'

export type JobsQueue = Queue<object, void, string, object, void, string, IQueueBackend, object>
type JobsWorker = Worker<object, void, string, IQueueBackend, JobProgress, object>

export type Concurrency = Readonly<Record<QueueName, number>>

export interface SessionParts {
  readonly backend: Backend
  readonly handling: Handling
  readonly concurrency: Concurrency
  /** Null where nothing is traced. */
  readonly telemetry: Telemetry | null
  readonly onError: (err: unknown) => void
}

/** BullMQ's objects over one set of connections. What breaks one of them may break it for good: then all are replaced. */
export interface Session {
  readonly queues: Readonly<Record<QueueName, JobsQueue>>
  /** A queue that others work on; made when it is first asked for. */
  outward(name: string): JobsQueue
  alone: Link['alone']
  /** Ends it at once; jobs at work go on, and the queue will hand them out once more. */
  abandon(): Promise<void>
  /** Takes no more jobs and ends when those at work are done, or told to stop after `graceMs`. */
  close(graceMs: number): Promise<void>
}

export async function openSession(parts: SessionParts): Promise<Session> {
  const link = await parts.backend.connect()
  const queues = {
    schedule: createQueue('schedule', link, parts),
    requests: createQueue('requests', link, parts),
    deliveries: createQueue('deliveries', link, parts),
  }
  const workers = parts.handling.queues.map((name) => createWorker(name, link, parts))
  const outwards = new Map<string, JobsQueue>()

  function outward(name: string): JobsQueue {
    const queue = outwards.get(name) ?? createQueue(name, link, parts, outwardPrefix)
    outwards.set(name, queue)
    return queue
  }

  async function abandon(): Promise<void> {
    const closing = [
      ...workers.map((worker) => worker.close(true)),
      // Wakes a fetch loop that is waiting for jobs, so that it sees that it is closed.
      ...workers.map((worker) => worker.getBackend().disconnectBlocking(false)),
      ...[...queueNames.map((name) => queues[name]), ...outwards.values()].map((queue) => queue.close()),
    ]
    await endsWithin(500, Promise.allSettled(closing))
    link.cut()
  }

  try {
    const ready = [...workers, ...queueNames.map((name) => queues[name])].map((part) => part.waitUntilReady())
    await within(10_000, Promise.all(ready), 'opening the queues')
  } catch (err) {
    await abandon()
    throw err
  }

  async function close(graceMs: number): Promise<void> {
    const closing = Promise.allSettled(workers.map((worker) => worker.close()))
    await finish(closing, parts.handling, graceMs)
    await abandon()
  }

  return { queues, outward, alone: link.alone, abandon, close }
}

/**
 * Waits for the jobs at work, then for BullMQ to note their end. The second may never come: `close` waits for ever for a
 * server that is gone. The first counts also jobs of sessions that were abandoned.
 */
export async function finish(closing: Promise<unknown>, handling: Handling, graceMs: number): Promise<void> {
  const done = closing.then(() => handling.idle())
  const untilMs = performance.now() + graceMs
  do {
    await endsWithin(untilMs - performance.now(), Promise.race([done, handling.idle()]))
    if (await endsWithin(500, done)) return
  } while (handling.active() > 0 && performance.now() < untilMs)
  handling.abort()
  await endsWithin(1_000, done)
}

function createQueue(name: string, link: Link, parts: SessionParts, prefix = redisPrefix): JobsQueue {
  const queue: JobsQueue = new Queue(
    name,
    // The factory knows the connection.
    { connection: {}, prefix, streams: { events: { maxLen: 1_000 } }, ...traced(parts) },
    link.producer,
  )
  queue.on('error', parts.onError)
  return queue
}

function createWorker(name: QueueName, link: Link, parts: SessionParts): JobsWorker {
  const worker: JobsWorker = new Worker(
    name,
    (job: Job) => parts.handling.process(name, job),
    {
      connection: {},
      prefix: redisPrefix,
      concurrency: parts.concurrency[name],
      // A job of a killed process is handed out again 10 to 15 s later, however often that happens.
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: 1_000_000,
      drainDelay: 5,
      runRetryDelay: 1_000,
      ...traced(parts),
    },
    link.consumer,
  )
  worker.on('error', parts.onError)
  return worker
}

const traced = ({ telemetry }: SessionParts) => (telemetry === null ? {} : { telemetry })

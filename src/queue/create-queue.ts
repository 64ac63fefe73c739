import type { BaseAdapter } from '@bull-board/api/baseAdapter'
import type { BulkJobOptions, Telemetry } from 'bullmq'
import type { Logger } from 'pino'
import type { Service } from '../runtime/service.ts'
import { inTrace } from '../runtime/tracing.ts'
import { createBoardQueues } from './board.ts'
import { createErrorLog } from './error-log.ts'
import { createHandling } from './handling.ts'
import { deliveryJobId, type QueueName, requestJobId } from './names.ts'
import { createPostgres } from './postgres-backend.ts'
import type { DeliveryJob, JobHandlers, JobQueue, OutwardJob, RequestJob } from './queue.ts'
import { createRedis } from './redis-backend.ts'
import type { JobsQueue } from './session.ts'
import { createWatchdog } from './watchdog.ts'
import { createWish } from './wish.ts'
import { within } from './within.ts'

export interface JobQueueOptions {
  /** Null: BullMQ stands on Postgres. */
  readonly redisUrl: string | null
  readonly databaseUrl: string
  readonly handlers: JobHandlers
  /** How many jobs this process works on at once. */
  readonly concurrency?: Partial<Readonly<Record<QueueName, number>>>
  /** How long `stop` waits for jobs at work before it aborts their signals. */
  readonly graceMs?: number
  /** Where there are traces. */
  readonly telemetry?: Telemetry | null
  readonly log: Logger
}

export type JobQueueService = JobQueue &
  Service & {
    /** Whether jobs can be added and taken now. */
    isConnected(): boolean
    /** For Bull Board: the queues as they can be looked at now; others once their connections were replaced. */
    boardQueues(): readonly BaseAdapter[]
  }

interface NewJob {
  readonly name: string
  readonly data: object
  readonly opts: BulkJobOptions
  readonly traceParent?: string | null | undefined
}

/**
 * Starts without its backend and outlives the loss of it, of its data and of its connections: what is missing comes
 * back by itself within seconds.
 */
export function createJobQueue(options: JobQueueOptions): JobQueueService {
  const { redisUrl, databaseUrl, log, graceMs = 20_000, telemetry = null } = options
  const noteError = createErrorLog(log)
  const onError = (err: unknown): void => noteError('warn', 'queue.failed', err)
  const wish = createWish()
  const watchdog = createWatchdog(
    {
      backend: redisUrl ? createRedis(redisUrl, onError) : createPostgres(databaseUrl, onError),
      handling: createHandling(options.handlers, noteError),
      concurrency: { schedule: 10, requests: 50, deliveries: 50, ...options.concurrency },
      telemetry,
      onError,
      log,
      noteError,
    },
    wish,
  )
  let stopped: Promise<void> | null = null

  function open(name: QueueName): JobsQueue {
    const session = watchdog.session()
    if (!session || stopped) throw new Error(`queue ${name} is ${stopped ? 'stopped' : 'out of reach'}`)
    return session.queues[name]
  }

  async function addOutwardJob(name: string, { id, name: jobName, data }: OutwardJob): Promise<void> {
    const session = watchdog.session()
    if (!session || stopped) throw new Error(`queue ${name} is ${stopped ? 'stopped' : 'out of reach'}`)
    await within(2_000, session.outward(name).add(jobName, data, { jobId: id, ...kept }), `adding to ${name}`)
  }

  async function add(name: QueueName, jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return
    await within(2_000, addTo(open(name), jobs), `adding to queue ${name}`)
  }

  return {
    name: 'queue',
    start: () => watchdog.start(),
    stop: () => (stopped ??= watchdog.stop(graceMs)),
    isConnected: () => watchdog.session() !== null && !stopped,
    boardQueues: createBoardQueues(watchdog.session),
    addRequests: (jobs) => add('requests', jobs.map(telemetry === null ? requestJob : tracedRequestJob)),
    addDeliveries: (jobs) => add('deliveries', jobs.map(deliveryJob)),
    addOutwardJob,
    waiting: async (name) => await within(2_000, open(name).getWaitingCount(), `counting queue ${name}`),
    setSchedules: async (schedules) => {
      if (stopped) throw new Error('the queue is stopped')
      const stored = wish.ask(schedules)
      watchdog.nudge()
      if (!(await stored)) log.warn({ schedules: schedules.length }, 'schedules.delayed')
    },
  }
}

/** A finished job leaves nothing behind, or its id could not be used again. */
const once = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/** A finished job stays for a day, so that an event that is sent again meets its job. */
const kept = { removeOnComplete: { age: 86_400, count: 10_000 } }

function requestJob(data: RequestJob): NewJob {
  return { name: data.kind, data, opts: { ...once, jobId: requestJobId(data) } }
}

/** Each request begins a trace of its own, or those of a tick could not be told apart. */
function tracedRequestJob(data: RequestJob): NewJob {
  const { opts, ...job } = requestJob(data)
  return { ...job, opts: { ...opts, telemetry: { omitContext: true } } }
}

function deliveryJob({ traceParent, ...data }: DeliveryJob): NewJob {
  return { name: 'deliver', data, opts: { ...once, jobId: deliveryJobId(data) }, traceParent }
}

async function addTo(queue: JobsQueue, jobs: readonly NewJob[]): Promise<void> {
  // On Postgres a bulk creates temporary tables, which bloats the catalogs when it is done all day.
  if (jobs.length > 20) await queue.addBulk(jobs.map(inItsTrace))
  else await Promise.all(jobs.map(addOne))

  function addOne({ name, data, opts, traceParent = null }: NewJob) {
    return inTrace(traceParent, () => queue.add(name, data, opts))
  }
}

/** As bullmq-otel writes it down. */
function inItsTrace({ name, data, opts, traceParent }: NewJob) {
  if (!traceParent) return { name, data, opts }
  return {
    name,
    data,
    opts: { ...opts, telemetry: { metadata: JSON.stringify({ traceparent: traceParent }) } },
  }
}

import { createPostgresBackend, type Job, Worker } from 'bullmq'
import pg from 'pg'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

import { createJobSender } from '../../src/hooks/job.ts'
import { createJobQueue, type JobQueueService } from '../../src/queue/create-queue.ts'
import { createDatabase } from '../support/database.ts'
import { canStartRedisServer, NEEDS_REDIS, startRedisServer } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import { event } from '../support/webhook-attempts.ts'

const never = new AbortController().signal

/** Somebody else's worker, with nothing but BullMQ's defaults. */
type TakeJobs = (take: (job: Job) => Promise<void>) => Worker

async function startQueue(redisUrl: string | null): Promise<{ queue: JobQueueService; work: TakeJobs }> {
  const database = await createDatabase()
  onTestFinished(database.drop)
  const log = pino({ level: 'silent' })
  const queue = createJobQueue({ redisUrl, databaseUrl: database.url, handlers: {}, log })
  await queue.start()
  onTestFinished(queue.stop)
  await waitFor(() => queue.isConnected(), { what: 'the queue' })
  return {
    queue,
    work: (take) => (redisUrl === null ? onPostgres(database.url, take) : onRedis(redisUrl, take)),
  }
}

function onRedis(url: string, take: (job: Job) => Promise<void>): Worker {
  return new Worker('landings', take, { connection: { url } })
}

function onPostgres(url: string, take: (job: Job) => Promise<void>): Worker {
  const pool = new pg.Pool({ connectionString: url, options: '-c search_path=bullmq' })
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  const worker = new Worker('landings', take, { connection: {} }, (name, opts, parts) =>
    createPostgresBackend(name, { ...opts, connection: pool as never }, parts),
  )
  return worker as unknown as Worker
}

const places = ['postgres', 'redis'] as const

test.for(places)("an event is a job for somebody else's worker, once, on %s", async (place, { skip }) => {
  skip(place === 'redis' && !canStartRedisServer(), NEEDS_REDIS)
  const redis = place === 'redis' ? await startRedisServer() : null
  if (redis) onTestFinished(redis.stop)
  const { queue, work } = await startQueue(redis?.url ?? null)
  const sender = createJobSender((name, job) => queue.addOutwardJob(name, job))
  const target = { queue: 'landings', format: 'cloudevents' as const }

  expect(await sender.send(target, event, never)).toMatchObject({ kind: 'accepted' })
  await sender.send(target, event, never)
  await sender.send(target, { ...event, id: 'evt_other' }, never)

  const jobs: Job[] = []
  const worker = work(async (job) => void jobs.push(job))
  onTestFinished(() => worker.close(true))
  await waitFor(() => jobs.length >= 2, { what: 'both jobs' })
  await sender.send(target, event, never)
  await sender.send(target, { ...event, id: 'evt_third' }, never)
  await waitFor(() => jobs.length >= 3, { what: 'the third job' })

  expect(jobs.map(({ id }) => id)).toEqual([event.id, 'evt_other', 'evt_third'])
  expect(jobs[0]).toMatchObject({
    name: event.type,
    data: { specversion: '1.0', id: event.id, data: event.data },
  })
})

test('a queue that is out of reach is a failure', async () => {
  const { queue } = await startQueue(null)
  await queue.stop()
  const sender = createJobSender((name, job) => queue.addOutwardJob(name, job))

  expect(await sender.send({ queue: 'landings', format: 'standard' }, event, never)).toEqual({
    kind: 'failed',
    reason: 'queue landings did not take the job',
  })
})

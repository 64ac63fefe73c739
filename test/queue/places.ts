import { Redis } from 'ioredis'
import pg from 'pg'
import { pino } from 'pino'
import type { TestContext } from 'vitest'

import { createJobQueue, type JobQueueOptions, type JobQueueService } from '../../src/queue/create-queue.ts'
import type { JobHandlers } from '../../src/queue/queue.ts'
import { createDatabase } from '../support/database.ts'
import { canStartRedisServer, NEEDS_REDIS, startRedisServer } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts'

type RedisServer = Awaited<ReturnType<typeof startRedisServer>>
export type Kind = 'postgres' | 'redis'

/** For `describe.each`. */
export const kinds: readonly Kind[] = ['postgres', 'redis']

/** An empty store for queues, and ways to spoil it. */
export interface Place {
  readonly proxy: TcpProxy
  /** Only where BullMQ stands on Redis. */
  readonly redis: RedisServer | null
  /** What was logged by all queues made here, oldest first. */
  readonly logged: Array<Record<string, unknown>>
  /** Stands for one process. */
  createQueue(handlers?: JobHandlers, options?: Partial<JobQueueOptions>): JobQueueService
  /** Waits until it is connected. */
  startQueue(handlers?: JobHandlers, options?: Partial<JobQueueOptions>): Promise<JobQueueService>
  /** FLUSHALL, or DROP SCHEMA. */
  lose(): Promise<void>
  /** Takes away the job that each schedule has for its next run. */
  loseTicks(): Promise<void>
  /** Ends all connections to the store from the server's side. */
  terminate(): Promise<void>
  /** Requests and deliveries, waiting or at work. */
  countJobs(): Promise<number>
  close(): Promise<void>
}

/** A test's body with a place of its own, which is taken down afterwards with all queues that were started in it. */
export function inPlace(kind: Kind, body: (place: Place) => Promise<void>) {
  return async ({ skip }: Pick<TestContext, 'skip'>): Promise<void> => {
    skip(kind === 'redis' && !canStartRedisServer(), NEEDS_REDIS)
    const place = kind === 'redis' ? await createRedisPlace() : await createPostgresPlace()
    try {
      await body(place)
    } catch (err) {
      console.error('What the queues had to say:', place.logged)
      throw err
    } finally {
      await place.close()
    }
  }
}

async function createPostgresPlace(): Promise<Place> {
  const database = await createDatabase()
  const target = new URL(database.url)
  const proxy = await createTcpProxy({ host: target.hostname, port: Number(target.port || 5432) })
  const seen = new URL(database.url)
  seen.host = `127.0.0.1:${proxy.port}`

  async function ask(statement: string): Promise<pg.QueryResult> {
    const client = new pg.Client(database.url)
    await client.connect()
    try {
      return await client.query(statement)
    } finally {
      await client.end()
    }
  }

  const queues = createQueues(null, seen.href)
  return {
    ...queues,
    proxy,
    redis: null,
    // In use, it may take some attempts: whom a deadlock hits is up to the server.
    lose: async () =>
      void (await waitFor(() => ask('drop schema bullmq cascade'), { what: 'the schema to be dropped' })),
    loseTicks: async () => void (await ask("delete from bullmq.job where state in ('delayed', 'waiting')")),
    terminate: async () =>
      void (await ask(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )),
    countJobs: async () =>
      (await ask('select count(*)::int as count from bullmq.job where scheduler_id is null')).rows[0].count,
    close: async () => {
      await proxy.restore()
      await queues.stopAll()
      await proxy.close()
      await database.drop()
    },
  }
}

async function createRedisPlace(): Promise<Place> {
  const redis = await startRedisServer()
  const proxy = await createTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) })

  async function ask<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(redis.url)
    try {
      return await command(client)
    } finally {
      client.disconnect()
    }
  }

  const queues = createQueues(`redis://127.0.0.1:${proxy.port}`, 'postgres://nobody@127.0.0.1:1/unused')
  return {
    ...queues,
    proxy,
    redis,
    lose: async () => void (await ask((client) => client.flushall())),
    loseTicks: async () =>
      void (await ask((client) => client.del('{landfall}:schedule:delayed', '{landfall}:schedule:wait'))),
    terminate: async () =>
      void (await ask((client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))),
    countJobs: async () => {
      const keys = await ask((client) => client.keys('*'))
      return keys.filter((key) =>
        /^\{landfall\}:(requests|deliveries):(get|look|sweep|deliver)-[^:]+$/.test(key),
      ).length
    },
    close: async () => {
      await proxy.restore()
      await queues.stopAll()
      await proxy.close()
      await redis.stop()
    },
  }
}

interface Queues extends Pick<Place, 'createQueue' | 'startQueue' | 'logged'> {
  stopAll(): Promise<void>
}

function createQueues(redisUrl: string | null, databaseUrl: string): Queues {
  const logged: Place['logged'] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const queues: JobQueueService[] = []

  function createQueue(handlers: JobHandlers = {}, options: Partial<JobQueueOptions> = {}): JobQueueService {
    const queue = createJobQueue({ redisUrl, databaseUrl, handlers, log, ...options })
    queues.push(queue)
    return queue
  }

  async function startQueue(...args: Parameters<typeof createQueue>): Promise<JobQueueService> {
    const queue = createQueue(...args)
    await queue.start()
    await waitFor(() => queue.isConnected(), { what: 'a connection', timeoutMs: 30_000 })
    return queue
  }

  const stopAll = async () => void (await Promise.all(queues.map((queue) => queue.stop())))
  return { logged, createQueue, startQueue, stopAll }
}

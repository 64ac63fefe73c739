import { createRedisBackend } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { type Backend, type Link, tame } from './backend.ts'
import { within } from './within.ts'

export function createRedis(url: string, onError: (err: unknown) => void): Backend {
  return { name: 'redis', connect: () => connect(url, onError) }
}

async function connect(url: string, onError: (err: unknown) => void): Promise<Link> {
  const clients = new Set<Redis>()

  function track(client: Redis): Redis {
    clients.add(client)
    client.on('error', onError)
    const duplicate = client.duplicate.bind(client)
    // BullMQ copies the client for its blocking calls. A lazy copy would fail for good if its first attempt fails.
    client.duplicate = (override) => track(duplicate({ ...override, lazyConnect: false }))
    return client
  }

  function cut(): void {
    for (const client of clients) client.disconnect()
  }

  const producer = track(new Redis(url, { ...common, enableOfflineQueue: false, maxRetriesPerRequest: 1 }))
  const consumer = track(new Redis(url, { ...common, maxRetriesPerRequest: null }))
  try {
    await within(5_000, Promise.all([greet(producer), greet(consumer)]), 'connecting to Redis')
  } catch (err) {
    cut()
    throw err
  }
  return {
    producer: (name, opts, parts) => tame(createRedisBackend(name, { ...opts, connection: producer }, parts)),
    consumer: (name, opts, parts) => tame(createRedisBackend(name, { ...opts, connection: consumer }, parts)),
    // Redis runs each script alone anyway.
    alone: (work) => work(),
    cut,
  }
}

const common = {
  lazyConnect: true,
  connectTimeout: 3_000,
  // How long a closing socket may wait for the other side.
  disconnectTimeout: 200,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 1_000),
  // After a failover the old primary still answers, as a replica that refuses to write.
  reconnectOnError: (err: Error) => err.message.includes('READONLY'),
} satisfies RedisOptions

/** The plain rejection of `connect` says no more than "Connection is closed". */
async function greet(client: Redis): Promise<void> {
  let reason: unknown
  const keep = (err: unknown): void => {
    reason = err
  }
  client.on('error', keep)
  try {
    await client.connect()
    await client.ping()
  } catch (err) {
    throw reason ?? err
  } finally {
    client.off('error', keep)
  }
}

import { Socket } from 'node:net'
import { createPostgresBackend, type PgPool } from 'bullmq'
import { type ClientBase, Pool } from 'pg'
import { prepareSession, withLibpqMeaning } from '../runtime/postgres-session.ts'
import { type Backend, type Link, tame } from './backend.ts'
import { ensureBullmqSchema } from './bullmq-schema.ts'

/** Three workers listen on a connection each; the others are for queries. */
const maxConnections = 3 + 4
/** Any number that the rest of Landfall does not lock. */
const lockKey = 1_281_453_100

export function createPostgres(url: string, onError: (err: unknown) => void): Backend {
  return { name: 'postgres', connect: () => connect(url, onError) }
}

async function connect(url: string, onError: (err: unknown) => void): Promise<Link> {
  const sockets = new Set<Socket>()
  const pool = createPool(url, sockets)
  pool.on('error', onError)
  // Without this a connection that drops while checked out ends the process.
  pool.on('connect', (client) => client.on('error', onError))

  function cut(): void {
    pool.end().catch(onError)
    for (const socket of sockets) socket.destroy()
  }

  try {
    await ensureBullmqSchema(pool)
  } catch (err) {
    cut()
    throw err
  }
  const factory: Link['producer'] = (name, opts, parts) =>
    tame(createPostgresBackend(name, { ...opts, connection: pool as unknown as PgPool }, parts))
  return { producer: factory, consumer: factory, alone: (work) => alone(pool, work), cut }
}

function createPool(url: string, sockets: Set<Socket>): Pool {
  return new Pool({
    connectionString: withLibpqMeaning(url),
    application_name: 'landfall-queue',
    max: maxConnections,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    // `pool.end` waits for the server; a server that is gone does not answer.
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    // The pool awaits it, whatever its type says.
    onConnect: prepare as (client: ClientBase) => void,
  })
}

/** What the server does about this process should it freeze inside a transaction, or vanish without a word. */
const LIMITS = { statementMs: 0, idleInTransactionMs: 10_000, searchPath: 'bullmq' }
const KEEP_ALIVE =
  'set tcp_keepalives_idle to 20; set tcp_keepalives_interval to 5; set tcp_keepalives_count to 3'

async function prepare(client: ClientBase): Promise<void> {
  await prepareSession(client, LIMITS)
  await client.query(KEEP_ALIVE)
}

/**
 * BullMQ's schedulers on Postgres stop when two processes upsert them at the same moment. The lock is let go when the
 * transaction ends, and so also when this process is frozen: the server ends idle transactions.
 */
async function alone(pool: Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(`begin; set local lock_timeout to '5s'; select pg_advisory_xact_lock(${lockKey})`)
    await work()
    await client.query('commit')
  } catch (err) {
    client.release(true)
    throw err
  }
  client.release()
}

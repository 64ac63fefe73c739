import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Logger } from 'pino'

import { prepareSession, withLibpqMeaning } from '../runtime/postgres-session.ts'
import { trackSockets } from './sockets.ts'

/** Statements of their own. */
export type Db = NodePgDatabase & {
  readonly pool: pg.Pool
  /** A connection of its own, for locks that last as long as it does. The caller ends it. */
  openSession(): Promise<pg.Client>
  close(): Promise<void>
}
/** Statements inside one transaction. A function that must run in one takes this. */
export type Tx = NodePgDatabase & { readonly inTransaction: true }

export interface DbOptions {
  readonly url: string
  /** Leads past a pooler that gives each transaction another connection; default `url`. */
  readonly directUrl?: string
  readonly log: Logger
  readonly applicationName: string
  readonly maxConnections?: number
  /** What one statement may take. */
  readonly statementMs?: number
}

// A process frozen in the middle of a transaction must not hold its locks, least of all the planning turn, for long.
const IDLE_IN_TRANSACTION_MS = 5_000
/** A transaction pooler may run a transaction on a connection that was never prepared. */
const BEGIN = `begin isolation level read committed read write;
  set local idle_in_transaction_session_timeout to ${IDLE_IN_TRANSACTION_MS}`

/** After its time, a statement is left to the server to cancel; one that does not even do that has fallen silent. */
const SILENT_AFTER_MS = 5_000
const END_MS = 2_000

export function openDb(options: DbOptions): Db {
  const { statementMs = 60_000 } = options
  const sockets = trackSockets()
  const pool = new pg.Pool({
    connectionString: withLibpqMeaning(options.url),
    max: options.maxConnections ?? 10,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    stream: sockets.stream,
    query_timeout: statementMs + SILENT_AFTER_MS,
    // The pool awaits it, whatever its type says.
    onConnect: prepare as (client: pg.ClientBase) => void,
  })
  async function prepare(client: pg.ClientBase): Promise<void> {
    await prepareSession(client, {
      statementMs,
      idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
      searchPath: 'public',
    })
  }
  const note = (err: Error) => options.log.debug({ err }, 'database.connection_lost')
  // An error without a listener ends the process: the pool's for idle clients, each client's own while it is lent.
  pool.on('error', note)
  pool.on('connect', (client) => client.on('error', note))

  async function openSession(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: withLibpqMeaning(options.directUrl ?? options.url),
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      query_timeout: statementMs + SILENT_AFTER_MS,
    })
    client.on('error', note)
    try {
      await client.connect()
      await prepare(client)
      return client
    } catch (err) {
      await client.end().catch(() => {})
      throw err
    }
  }
  const close = () => sockets.endWithin(END_MS, pool.end())
  return Object.assign(drizzle(pool), { pool, openSession, close })
}

/** Errors after which the same transaction may simply be tried again. */
const RETRYABLE = new Set(['40001', '40P01'])
const TRIES = 5
const READ_ONLY = '25006'

/** Runs `work` in one transaction; a deadlock or serialization failure is tried again. */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transactOnce(db.pool, work)
    } catch (err) {
      if (attempt >= TRIES || !RETRYABLE.has(pgCodeOf(err) ?? '')) throw err
    }
  }
}

async function transactOnce<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: unknown = null
  try {
    await client.query(BEGIN)
    const result = await work(Object.assign(drizzle(client), { inTransaction: true as const }))
    await client.query('commit')
    return result
  } catch (err) {
    // Whoever gave no answer would give none to this either; and what was the primary before a failover stays read-only.
    if (isSilence(err) || pgCodeOf(err) === READ_ONLY) broken = err
    else
      await client.query('rollback').catch((rollbackError: unknown) => {
        broken = rollbackError
      })
    throw err
  } finally {
    // A client that could not even roll back is thrown away, and its transaction with it.
    client.release(broken !== null)
  }
}

function isSilence(err: unknown): boolean {
  if (!(err instanceof Error)) return false
  return err.message === 'Query read timeout' || isSilence(err.cause)
}

/** The SQLSTATE of an error, also where Drizzle wrapped it. */
export function pgCodeOf(err: unknown): string | null {
  for (let e: unknown = err; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown }
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  }
  return null
}

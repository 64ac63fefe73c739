import type pg from 'pg'
import { pino } from 'pino'

import { type Db, openDb } from '../../src/store/db.ts'

class Crash extends Error {}

/** A database connection that dies at one moment: nothing that is sent to it afterwards arrives. */
interface MortalDb {
  readonly db: Db
  /** Statements so far. */
  statements(): number
  /** Whether its moment came. */
  isDead(): boolean
}

/**
 * Dies just before statement number `at` (1-based) is sent, or just after it was carried out, as a process does that is
 * killed there. What was open then the server rolls back.
 */
export function openMortalDb(url: string, at: number, moment: 'before' | 'after'): MortalDb {
  const db = openDb({ url, log: pino({ level: 'silent' }), applicationName: 'mortal', maxConnections: 4 })
  const clients = new Set<pg.Client>()
  let count = 0
  let dead = false
  const die = () => {
    dead = true
    // Without a goodbye: the server sees the socket end.
    for (const client of clients)
      (client as unknown as { connection: pg.Connection }).connection.stream.destroy()
    throw new Crash('the process died here')
  }
  type Query = (...args: unknown[]) => Promise<unknown>
  const mortal =
    (query: Query): Query =>
    async (...args) => {
      if (dead) throw new Crash('the process is dead')
      count += 1
      if (count === at && moment === 'before') die()
      const result = await query(...args)
      if (count === at && moment === 'after') die()
      return result
    }
  db.pool.on('connect', (client) => clients.add(client as unknown as pg.Client))
  // The pool's own statements reach a client with a callback, and were counted before.
  db.pool.query = mortal(db.pool.query.bind(db.pool) as Query) as typeof db.pool.query
  const connect = db.pool.connect.bind(db.pool) as (...args: unknown[]) => Promise<pg.PoolClient>
  const lend = async (...args: unknown[]) => {
    if (args.length > 0) return connect(...args)
    const client = await connect()
    const plain = client.query.bind(client) as Query
    const counted = mortal(plain)
    client.query = ((...own: unknown[]) =>
      typeof own.at(-1) === 'function' ? plain(...own) : counted(...own)) as typeof client.query
    return client
  }
  db.pool.connect = lend as typeof db.pool.connect
  return { db, statements: () => count, isDead: () => dead }
}

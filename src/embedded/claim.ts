import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Connection } from './connection.ts'

/** Proof that this daemon is the one on a data folder: a lock in the database, lost with its session. */
export interface Claim {
  readonly client: pg.Client
  readonly lost: Promise<void>
  release(): Promise<void>
}

export type ClaimOutcome =
  | { readonly kind: 'held'; readonly claim: Claim }
  /** Another daemon has it; its pid, if it could be learnt. */
  | { readonly kind: 'taken'; readonly pid: number | null }
  /** Nobody answers, or only that the server starts or stops. */
  | { readonly kind: 'silent' }

// Any number that nothing else locks in the database `postgres`, where only Landfall connects.
const lockKey = 7_263_541
const applicationName = 'landfall daemon'

export async function tryClaim(connection: Connection, port: number): Promise<ClaimOutcome> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: connection.user, password: connection.password, ssl: false },
    ...{ options: ' ', sslnegotiation: 'postgres' as const },
    ...{ database: 'postgres', application_name: `${applicationName} ${process.pid}` },
    ...{ connectionTimeoutMillis: 5_000, query_timeout: 60_000 },
  })
  const lost = new Promise<void>((resolve) => {
    client.once('end', resolve).on('error', () => resolve())
  })
  try {
    await client.connect()
    const { rows } = await client.query('select pg_try_advisory_lock($1) as held', [lockKey])
    if (rows[0]?.held) return { kind: 'held', claim: { client, lost, release: () => release(client) } }
    const pid = await findHolder(client)
    await client.end()
    return { kind: 'taken', pid }
  } catch (err) {
    void client.end().catch(() => {})
    if (isPassing(err)) return { kind: 'silent' }
    throw new Error(`Cannot log in to the embedded Postgres on port ${port}`, { cause: err })
  }
}

async function findHolder(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query(
    `select application_name from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and objid = $1 and granted`,
    [lockKey],
  )
  return Number(rows[0]?.application_name.slice(applicationName.length)) || null
}

/** Unlocks first, as a session may outlive its connection for a moment. */
async function release(client: pg.Client): Promise<void> {
  const done = client.query('select pg_advisory_unlock_all()').then(() => client.end())
  await Promise.race([done.catch(() => {}), delay(1_000, undefined, { ref: false })])
}

function isPassing(err: unknown): boolean {
  const code = (err as { code?: string }).code
  // Wrong password (28P01), no such role and the like will not get better; a server that is not up yet will.
  return !code?.startsWith('28')
}

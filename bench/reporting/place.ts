import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import { pino } from 'pino'

import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'

export interface Place {
  readonly url: string
  /** Whether the database was filled to the end before. */
  readonly isFilled: boolean
  markFilled(): Promise<void>
  /** Drops the database unless it was named, and stops a server that was started for it. */
  close(): Promise<void>
}

const FILLED = 'filled by bench:reporting'

/** A database of its own, on an embedded server or on that of DATABASE_URL. One that has a name is kept there. */
export async function openPlace(name: string | null): Promise<Place> {
  if (name !== null && !process.env['DATABASE_URL'])
    throw new Error('--database is of a server that stays: set DATABASE_URL.')
  const server = await findServer()
  const database = name ?? `landfall_bench_${randomBytes(4).toString('hex')}`
  const url = new URL(server.url)
  url.pathname = database
  const isFilled = await find(server.url, database)
  if (!isFilled) await on(server.url, `create database ${database}`)
  const markFilled = async () => void (await on(server.url, `comment on database ${database} is '${FILLED}'`))
  const close = async () => {
    if (name === null) await on(server.url, `drop database if exists ${database} with (force)`)
    await server.stop()
  }
  return { url: url.href, isFilled, markFilled, close }
}

/** A database that is there and was not filled to the end lacks indexes. */
async function find(serverUrl: string, database: string): Promise<boolean> {
  const said = `select from pg_database where datname = $1 and shobj_description(oid, 'pg_database') `
  if ((await on(serverUrl, `${said} = $2`, [database, FILLED])) > 0) return true
  if ((await on(serverUrl, 'select from pg_database where datname = $1', [database])) === 0) return false
  throw new Error(
    `Database ${database} was not filled to the end by this benchmark: drop it, or name another.`,
  )
}

async function on(serverUrl: string, statement: string, values: readonly unknown[] = []): Promise<number> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    return (await client.query(statement, [...values])).rowCount ?? 0
  } finally {
    await client.end()
  }
}

async function findServer() {
  const given = process.env['DATABASE_URL']
  if (given) return { url: given, stop: async () => {} }
  const dataDir = await mkdtemp(join(tmpdir(), 'landfall-bench-'))
  await chmod(dataDir, 0o755)
  const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }, pino.destination(2)) })
  await postgres.start()
  const stop = async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: postgres.url(), stop }
}

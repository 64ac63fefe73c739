import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'

import { prepareSession, withLibpqMeaning } from '../runtime/postgres-session.ts'

const FOLDER = fileURLToPath(new URL('../../migrations-sql', import.meta.url))
export class TransactionPoolerError extends Error {
  override readonly name = 'TransactionPoolerError'
}

/** Any number, the same in every version: whoever holds it changes the schema. */
const LOCK = 7_265_001
const OLDEST_POSTGRES = 140_000

export interface SchemaChanges {
  readonly applied: number
  readonly total: number
}

/**
 * Applies the schema changes that the database lacks. Safe with many processes starting at once: the first does the
 * work under an advisory lock, the others wait for it and find nothing left to do.
 */
export async function applySchemaChanges(url: string): Promise<SchemaChanges> {
  const client = new pg.Client({
    connectionString: withLibpqMeaning(url),
    application_name: 'landfall-schema',
    keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await requireUsablePostgres(client)
    await prepareSession(client, { statementMs: 0, idleInTransactionMs: 0, searchPath: 'public' })
    await requireSession(url, client)
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const before = await countApplied(client)
    const total = countFiles()
    if (before > total) {
      throw new Error(
        `The database has ${before} schema changes, this version of Landfall knows ${total}: it is older than the one that wrote them. Run the newer version.`,
      )
    }
    await migrate(drizzle(client), {
      migrationsFolder: FOLDER,
      migrationsSchema: 'landfall',
      migrationsTable: 'schema_change',
    })
    const after = await countApplied(client)
    // Drizzle skips a change whose time lies before the newest applied one, and says nothing.
    if (after !== total)
      throw new Error(`${total - after} schema changes were skipped; check migrations-sql/meta/_journal.json`)
    await startFeedGeneration(client)
    return { applied: after - before, total }
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * Readers of the feed follow transaction numbers, and a restore may bring events into a server that has not counted as far.
 * An event whose number this server has yet to give out shows it; what is written from now on goes behind all of those.
 */
async function startFeedGeneration(client: pg.Client): Promise<void> {
  await client.query(`
    update landfall.feed set generation = generation + 1
    where pg_snapshot_xmax(pg_current_snapshot()) <= (
      select transaction from landfall.event where generation = feed.generation
      order by transaction desc, id desc limit 1)`)
}

async function requireUsablePostgres(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; number: number; encoding: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       current_setting('server_encoding') as encoding`,
  )
  const server = rows[0]
  if (server === undefined || server.number < OLDEST_POSTGRES) {
    throw new Error(
      `PostgreSQL 14 or newer is needed; DATABASE_URL leads to ${server?.version ?? 'an unknown version'}.`,
    )
  }
  if (server.encoding !== 'UTF8') {
    throw new Error(
      `The database that DATABASE_URL names has the encoding ${server.encoding}, which cannot hold every name a provider ` +
        `sends. Make one with UTF8: create database landfall encoding 'UTF8' template template0.`,
    )
  }
}

/**
 * What one connection sets for itself must not be seen by another: a pooler in transaction mode lets both use the same
 * session, and would lose our locks and notifications.
 */
async function requireSession(url: string, client: pg.Client): Promise<void> {
  const token = randomUUID()
  const other = new pg.Client({
    connectionString: withLibpqMeaning(url),
    application_name: 'landfall-schema',
  })
  other.on('error', () => {})
  await other.connect()
  try {
    await client.query(`select set_config('landfall.session', $1, false)`, [token])
    const { rows } = await other.query(`select current_setting('landfall.session', true) as seen`)
    if (rows[0]?.seen !== token) return
  } finally {
    await other.end().catch(() => {})
  }
  throw new TransactionPoolerError(
    'The database is reached through a pooler in transaction mode, which loses locks and notifications. Set ' +
      'LANDFALL_DIRECT_DATABASE_URL to an address that leads past it, or use its session mode.',
  )
}

async function countApplied(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass('landfall.schema_change') is not null as there`,
  )
  if (rows[0]?.there !== true) return 0
  const counted = await client.query<{ n: number }>('select count(*)::int as n from landfall.schema_change')
  return counted.rows[0]?.n ?? 0
}

function countFiles(): number {
  const journal = JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, 'utf8')) as { entries: unknown[] }
  return journal.entries.length
}

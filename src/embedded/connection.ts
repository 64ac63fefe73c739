import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { giveToOwner, hasCluster, pathsIn, resolveDataDir } from './data-dir.ts'
import { findDatabaseUser } from './database-user.ts'
import { findPostmaster } from './postmaster.ts'

/** What `connection.json` says; port and url are null until the first start. */
export interface Connection {
  readonly url: string | null
  readonly port: number | null
  readonly user: string
  readonly password: string
  readonly database: string
}

/** The url of the server that runs on the data folder asked for; null where none does. */
export async function readConnection(dataDir: string): Promise<{ url: string } | null> {
  const { dir } = await resolveDataDir(dataDir, await findDatabaseUser())
  const connection = await loadConnection(dir)
  const postmaster = await findPostmaster(pathsIn(dir).cluster)
  if (!connection || !postmaster) return null
  return { url: urlOf(connection, postmaster.port) }
}

async function loadConnection(dir: string): Promise<Connection | null> {
  const path = pathsIn(dir).connection
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Connection
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`Cannot read ${path}, which holds the password of the embedded Postgres`, { cause })
  }
}

/**
 * The password is made on the first start; of several processes that start together, one decides it. Where the file
 * went missing, `resetPassword` gives existing data a new one.
 */
export async function prepareConnection(
  dir: string,
  resetPassword: (password: string) => Promise<void>,
): Promise<Connection> {
  const existing = await loadConnection(dir)
  if (existing) return existing
  const password = randomBytes(24).toString('base64url')
  if (await hasCluster(dir)) await resetPassword(password)
  await writeWhole(dir, { url: null, port: null, user: 'landfall', password, database: 'landfall' }, linkOnce)
  const decided = await loadConnection(dir)
  if (!decided) throw new Error(`${pathsIn(dir).connection} vanished while it was written`)
  return decided
}

/** Unlike a rename, leaves a file that is already there. */
async function linkOnce(from: string, to: string): Promise<void> {
  await link(from, to).catch((err: NodeJS.ErrnoException) => {
    if (err.code !== 'EEXIST') throw err
  })
  await rm(from)
}

export async function recordPort(dir: string, connection: Connection, port: number): Promise<void> {
  await writeWhole(dir, { ...connection, port, url: urlOf(connection, port) }, rename)
}

/** Says what PGSSLMODE would say otherwise, which the shell may have for other servers. */
export function urlOf({ user, password, database }: Connection, port: number): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`
}

async function writeWhole(
  dir: string,
  connection: Connection,
  put: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const path = pathsIn(dir).connection
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 })
  await giveToOwner(draft)
  await put(draft, path)
}

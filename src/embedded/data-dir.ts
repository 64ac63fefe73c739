import { createHash } from 'node:crypto'
import { chown, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { canEnter, type DatabaseUser } from './database-user.ts'
import { createEnterableDir, createSharedPlace, findSharedPlaces } from './places.ts'

export interface DataDir {
  readonly dir: string
  /** What was asked for, where the server's account cannot enter it. */
  readonly movedFrom: string | null
  /** The account to run the server under; null means this process's own. */
  readonly user: DatabaseUser | null
}

export function defaultDataDir(): string {
  return resolve('.landfall')
}

/** Where things lie in a data folder. */
export function pathsIn(dir: string) {
  return {
    cluster: join(dir, 'postgres'),
    connection: join(dir, 'connection.json'),
    log: join(dir, 'postgres.log'),
  }
}

/** The folder that holds, or will hold, the data of the folder asked for. */
export async function resolveDataDir(asked: string, user: DatabaseUser | null): Promise<DataDir> {
  const dir = await realPathOf(resolve(asked))
  if (!user) return { dir, movedFrom: null, user }
  const owner = await findOwner(dir)
  if (owner && (await canEnter(owner, dir))) return { dir, movedFrom: null, user: owner }
  // Data stays where it once was put, even if the folder asked for can be entered by now.
  const name = nameFor(dir)
  for (const place of await findSharedPlaces()) {
    const movedOwner = await findOwner(join(place, name))
    if (movedOwner) return { dir: join(place, name), movedFrom: dir, user: movedOwner }
  }
  if (await canEnter(user, await nearestExisting(dir))) return { dir, movedFrom: null, user }
  return { dir: join(await createSharedPlace(), name), movedFrom: dir, user }
}

/** Existing data belongs to whom it was made for: perhaps another account than would be chosen today. */
async function findOwner(dir: string): Promise<DatabaseUser | null> {
  if (!(await hasCluster(dir))) return null
  const { uid, gid } = await stat(pathsIn(dir).cluster)
  return uid === 0 ? null : { name: `uid ${uid}`, uid, gid }
}

/** Files that root makes in an ordinary user's folder stay readable to that user. */
export async function giveToOwner(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(dirname(path))
  await chown(path, uid, gid)
}

export async function createDataDir(dir: string): Promise<void> {
  await createEnterableDir(dir).catch((cause: unknown) => {
    throw new Error(`Cannot create the data folder ${dir}; LANDFALL_DATA_DIR names another one`, { cause })
  })
}

export async function hasCluster(dir: string): Promise<boolean> {
  return exists(join(pathsIn(dir).cluster, 'PG_VERSION'))
}

function nameFor(dir: string): string {
  const name = basename(dir).startsWith('.') ? basename(dirname(dir)) : basename(dir)
  const hash = createHash('sha256').update(dir).digest('hex').slice(0, 8)
  return `${name.replaceAll(/[^\w-]/g, '_') || 'data'}-${hash}`
}

/** Two ways to write one folder must not become two folders. */
async function realPathOf(dir: string): Promise<string> {
  const existing = await nearestExisting(dir)
  return join(await realpath(existing), dir.slice(existing.length))
}

async function nearestExisting(dir: string): Promise<string> {
  if ((await exists(dir)) || dir === dirname(dir)) return dir
  return nearestExisting(dirname(dir))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

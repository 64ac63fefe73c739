import { join } from 'node:path'

import type { Logger } from 'pino'

import type { Config } from '../config/config.ts'
import { readConnection } from '../embedded/connection.ts'
import { defaultDataDir } from '../embedded/data-dir.ts'
import { createLogger } from '../runtime/logger.ts'
import { type Db, openDb } from '../store/db.ts'
import { waitForDatabase } from '../store/wait.ts'
import { EXIT, Failure } from './exit.ts'
import { readConfig } from './read-config.ts'
import type { Shell } from './shell.ts'

/** The database that a daemon keeps, open for one command. */
export interface OpenStore {
  readonly config: Config
  readonly db: Db
  /** For sessions of one's own: listening, the queue, schema changes. */
  readonly databaseUrl: string
  readonly log: Logger
}

/** A server that has just been started is worth a moment. */
const PATIENCE_MS = 3_000

export async function withStore<T>(shell: Shell, work: (store: OpenStore) => Promise<T>): Promise<T> {
  const config = await readConfig(shell)
  const databaseUrl = await findDatabase(config)
  const log = createCommandLog(shell)
  await waitForDatabase(databaseUrl, config.databaseUrl === null ? PATIENCE_MS : 0, log)
  const db = openDb({ url: databaseUrl, log, applicationName: 'landfall-cli', maxConnections: 3 })
  try {
    return await work({ config, db, databaseUrl: config.directDatabaseUrl ?? databaseUrl, log })
  } finally {
    await db.close()
  }
}

/** DATABASE_URL, or the embedded server of a daemon that runs here. */
async function findDatabase(config: Config): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl
  const dataDir = config.dataDir ?? defaultDataDir()
  const embedded = await readConnection(dataDir)
  if (embedded !== null) return embedded.url

  const lines = ['Landfall is not running here: start it with npm start (or set DATABASE_URL).']
  const demoDir = join(dataDir, 'demo')
  const demo = await readConnection(demoDir).catch(() => null)
  if (demo !== null) lines.push(`The demo is: LANDFALL_DATA_DIR=${demoDir} leads to its database.`)
  throw new Failure(EXIT.unreachable, lines.join('\n'))
}

/** What a command's parts have to say is for those who ask for it. */
export function createCommandLog({ isDebugging }: Shell): Logger {
  return createLogger({ level: isDebugging ? 'debug' : 'silent', destination: 'stderr', pretty: false })
}

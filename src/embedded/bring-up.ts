import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Claim, tryClaim } from './claim.ts'
import type { Connection } from './connection.ts'
import { pathsIn } from './data-dir.ts'
import { findPostmaster, type Postmaster } from './postmaster.ts'
import { type Server, spawnServer } from './server.ts'
import { type Programs, stopPostmaster } from './stop-postmaster.ts'

/** A data folder with all that is needed to run a server on it. */
export interface Site extends Programs {
  readonly dir: string
  readonly connection: Connection
  readonly log: Logger
}

export interface Running {
  readonly server: Server
  readonly claim: Claim
  readonly port: number
}

/** Two daemons on one data folder; nothing has been changed. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError'
  constructor(dir: string, pid: number | null) {
    super(
      `The data folder ${dir} is in use by another Landfall daemon${pid ? ` (pid ${pid})` : ''}. ` +
        'Stop that one, or give this one its own LANDFALL_DATA_DIR.',
    )
  }
}

const pollMs = 25
/** A daemon that has just started its server holds the lock well within this time. */
const orphanAfterMs = 500
const patienceMs = 300_000

/**
 * Leads from whatever state the folder is in to a running server that this daemon holds the lock of. `current` is
 * the daemon's own server, if it may still run. After an error none runs.
 */
export async function bringUp(
  site: Site,
  choosePort: () => Promise<number>,
  signal: AbortSignal,
  current?: Server,
): Promise<Running> {
  let own = current?.hasExited() ? undefined : current

  async function takeStep(): Promise<Running | null> {
    const postmaster = await findPostmaster(pathsIn(site.dir).cluster)
    if (postmaster && postmaster.pid !== own?.pid) {
      await outlast(site, postmaster.pid, signal)
    } else if (!own) {
      own = await spawnServer({ ...site, port: await choosePort() })
    } else if (own.hasExited()) {
      if (own !== current) throw new Error(`Postgres did not start: ${await own.exited}`)
      own = undefined
    } else if (postmaster?.isReady) {
      const claim = await claimOrRefuse(site, postmaster)
      return claim && { server: own, claim, port: postmaster.port }
    }
    return null
  }

  try {
    return await repeat(takeStep, signal)
  } catch (err) {
    await own?.stop()
    throw err
  }
}

/** Waits until another's server is gone. One whose daemon and keeper were both killed has to be told. */
async function outlast(site: Site, pid: number, signal: AbortSignal): Promise<void> {
  const { cluster } = pathsIn(site.dir)
  const knownSince = Date.now()
  await repeat(async () => {
    const postmaster = await findPostmaster(cluster)
    if (postmaster?.pid !== pid) return true
    if (!postmaster.isReady || Date.now() - knownSince < orphanAfterMs) return null
    const claim = await claimOrRefuse(site, postmaster)
    if (!claim) return null
    site.log.warn({ postgresPid: pid, dataDir: site.dir }, 'postgres.orphan_stopped')
    await stopPostmaster(pid, cluster, site)
    await claim.release()
    return true
  }, signal)
}

async function repeat<T>(step: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline) {
    signal.throwIfAborted()
    const result = await step()
    if (result) return result
    await delay(pollMs, undefined, { signal })
  }
  throw new Error(`Postgres was not ready after ${patienceMs / 1000} s`)
}

async function claimOrRefuse(site: Site, { port }: Postmaster): Promise<Claim | null> {
  const outcome = await tryClaim(site.connection, port)
  if (outcome.kind === 'taken') throw new DataDirInUseError(site.dir, outcome.pid)
  return outcome.kind === 'held' ? outcome.claim : null
}

/** The preferred port if it is free, or any that is. */
export async function findFreePort(preferred: number | null): Promise<number> {
  if (preferred && (await isFree(preferred))) return preferred
  const port = await isFree(0)
  if (!port) throw new Error('No free port on 127.0.0.1')
  return port
}

async function isFree(port: number): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  const server = createServer()
  server.once('error', () => resolve(null))
  server.listen(port, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(address && typeof address === 'object' ? address.port : null))
  })
  return promise
}

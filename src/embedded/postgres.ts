import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Service } from '../runtime/service.ts'
import { findBinaries } from './binaries.ts'
import { bringUp, DataDirInUseError, findFreePort, type Running, type Site } from './bring-up.ts'
import { ensureCluster, resetPassword } from './cluster.ts'
import { prepareConnection, recordPort, urlOf } from './connection.ts'
import { createDataDir, pathsIn, resolveDataDir } from './data-dir.ts'
import { findDatabaseUser } from './database-user.ts'
import { trimLog } from './log-file.ts'

export interface EmbeddedPostgresOptions {
  /** Used as it is, unless the account of the server cannot enter it. */
  readonly dataDir: string
  readonly log: Logger
  /** Called once, when the server ended and cannot be started again. */
  readonly onGiveUp?: (err: Error) => void
  /** Accounts to run the server under when this process is root; the first that exists. */
  readonly users?: readonly string[]
}

export interface EmbeddedPostgres extends Service {
  /** The same as long as the service runs, also over restarts of the server. */
  url(): string
}

const startAttempts = 4
const restartAttempts = 10

/** A Postgres server of Landfall's own, kept alive until `stop`, and never longer than this process. */
export function createEmbeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  let aborter = new AbortController()
  let starting: Promise<unknown> = Promise.resolve()
  let life: Life | null = null

  async function begin(signal: AbortSignal): Promise<void> {
    const site = await prepareSite(options)
    const choosePort = () => findFreePort(site.connection.port)
    const running = await persistently(site, startAttempts, signal, () => bringUp(site, choosePort, signal))
    const trimming = setInterval(() => void trimLog(pathsIn(site.dir).log).catch(() => {}), 3_600_000)
    life = { site, running, url: urlOf(site.connection, running.port), trimming: trimming.unref() }
    await recordPort(site.dir, site.connection, running.port)
    await createDatabase(running, site.connection.database)
    site.log.info(
      { dataDir: site.dir, port: running.port, postgresPid: running.server.pid },
      'postgres.started',
    )
    life.supervised = supervise(life, signal, options.onGiveUp)
  }

  async function start(): Promise<void> {
    aborter = new AbortController()
    const started = begin(aborter.signal)
    starting = started.catch(() => {})
    await started.catch(async (err: unknown) => {
      await end()
      throw err
    })
  }

  async function end(): Promise<void> {
    const ending = life
    life = null
    if (!ending) return
    clearInterval(ending.trimming)
    await ending.supervised
    await ending.running.claim.release()
    await ending.running.server.stop()
    ending.site.log.info('postgres.stopped')
  }

  async function stop(): Promise<void> {
    aborter.abort()
    await starting
    await end()
  }

  function url(): string {
    if (!life) throw new Error('The embedded Postgres is not running')
    return life.url
  }

  return { name: 'postgres', start, stop, url }
}

interface Life {
  readonly site: Site
  readonly url: string
  readonly trimming: NodeJS.Timeout
  running: Running
  supervised?: Promise<void>
}

async function prepareSite({ dataDir, log, users }: EmbeddedPostgresOptions): Promise<Site> {
  const { dir, movedFrom, user } = await resolveDataDir(dataDir, await findDatabaseUser(users))
  if (movedFrom) {
    const reason = `the server runs as ${user?.name}, who cannot enter the folder asked for`
    log.info({ dataDir: dir, askedFor: movedFrom, reason }, 'postgres.data_dir_moved')
  }
  const binaries = await findBinaries(user, log)
  await createDataDir(dir)
  const connection = await prepareConnection(dir, (password) =>
    resetPassword({ dir, binaries, user }, password),
  )
  await ensureCluster({ dir, binaries, user, connection })
  return { dir, binaries, user, connection, log }
}

async function createDatabase({ claim }: Running, name: string): Promise<void> {
  const { rowCount } = await claim.client.query('select from pg_database where datname = $1', [name])
  if (!rowCount) await claim.client.query(`create database ${name}`)
}

/** Brings the server back whenever it, or the lock's session, ends. */
async function supervise(life: Life, signal: AbortSignal, onGiveUp?: (err: Error) => void): Promise<void> {
  const { site } = life
  const aborted = once(signal, 'abort').then(() => 'aborted')
  let quickCrashes = 0
  while (!signal.aborted) {
    const readyAt = Date.now()
    const { server, claim, port } = life.running
    const sessionLost = claim.lost.then(() => delay(100)).then(() => 'it cut the session') // or is about to exit
    const how = await Promise.race([server.exited, sessionLost, aborted])
    if (signal.aborted) return
    site.log.error({ how, postgresPid: server.pid }, 'postgres.interrupted')
    quickCrashes = Date.now() - readyAt < 10_000 ? quickCrashes + 1 : 0
    try {
      await claim.release()
      if (quickCrashes > 1) await delay(backoffMs(quickCrashes), undefined, { signal })
      // The same port, so that pools find it again.
      const again = () => bringUp(site, async () => port, signal, server)
      life.running = await persistently(site, restartAttempts, signal, again)
    } catch (cause) {
      if (!signal.aborted) onGiveUp?.(new Error('The embedded Postgres cannot be started again', { cause }))
      return
    }
    site.log.info({ port, postgresPid: life.running.server.pid }, 'postgres.recovered')
  }
}

async function persistently<T>(
  { log }: Site,
  attempts: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (err) {
      if (signal.aborted || attempt >= attempts || err instanceof DataDirInUseError) throw err
      log.warn({ err, attempt }, 'postgres.start_failed')
      await delay(backoffMs(attempt), undefined, { signal })
    }
  }
}

function backoffMs(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 5_000)
}

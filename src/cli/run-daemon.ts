import type { Logger } from 'pino'

import { missingAccounts } from '../config/missing-accounts.ts'
import { summarizeConfig } from '../config/summary.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { createLogger } from '../runtime/logger.ts'
import { EXIT, Failure } from './exit.ts'
import { readConfig } from './read-config.ts'
import type { Shell } from './shell.ts'
import { endSoon, listenForStop } from './stop-signal.ts'

/** All that a stop may take; what then still runs is left behind. */
const STOP_MS = 25_000
/** A start that a signal interrupts is let come so far that all of it can be stopped. */
const START_GRACE_MS = 5_000

/** The daemon, from its configuration to its end. */
export async function runDaemon(shell: Shell, isJson: boolean): Promise<void> {
  const config = await readConfig(shell)
  const missing = missingAccounts(config)
  if (missing !== null) throw new Failure(EXIT.configuration, missing)

  const log = createLogger({ level: config.logLevel, pretty: shell.stdoutIsTerminal && !isJson })
  log.info(summarizeConfig(config), 'config.loaded')
  dieOfBugs(log)
  const stop = listenForStop()
  const fatal = Promise.withResolvers<Error>()

  const starting = startDaemon(config, log, fatal.resolve)
  const daemon = await startedOrStopped(starting, stop.requested).catch((err: unknown) => {
    // At a terminal the message that follows is enough.
    if (!shell.stdoutIsTerminal) log.fatal({ err }, 'daemon.start_failed')
    endSoon()
    throw err
  })
  if (daemon !== null && shell.stderrIsTerminal && !stop.signal.aborted) {
    shell.note(`Landfall is ready${daemon.url === null ? '' : `: ${daemon.url}`} (Ctrl-C stops it)`)
  }
  const cause = await Promise.race([fatal.promise, stop.requested])
  if (cause instanceof Error) log.fatal({ err: cause }, 'daemon.failed')
  log.info({ signal: stop.signal.reason }, 'daemon.stopping')
  await stopDaemon(daemon, log)
  log.info('daemon.stopped')
  shell.setExitCode(cause instanceof Error ? EXIT.failure : EXIT.ok)
  endSoon()
}

/** The state of the process is unknown then: the next one goes on with what the database holds. */
function dieOfBugs(log: Logger): void {
  const die = (message: string) => (err: unknown) => {
    log.fatal({ err }, message)
    process.exit(EXIT.failure)
  }
  process.on('uncaughtException', die('process.uncaught_exception'))
  process.on('unhandledRejection', die('process.unhandled_rejection'))
}

/** Null where a signal came and the start did not end soon after. */
async function startedOrStopped(starting: Promise<Daemon>, requested: Promise<void>): Promise<Daemon | null> {
  const patience = requested.then(() => {
    const { promise, resolve } = Promise.withResolvers<null>()
    setTimeout(() => resolve(null), START_GRACE_MS).unref()
    return promise
  })
  return Promise.race([starting, patience])
}

async function stopDaemon(daemon: Daemon | null, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.error({ afterMs: STOP_MS }, 'daemon.stop_gave_up')
    process.exit(EXIT.failure)
  }, STOP_MS)
  await daemon?.stop()
  clearTimeout(timer)
}

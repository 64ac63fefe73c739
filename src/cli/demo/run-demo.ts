import { appendFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

import type { Logger } from 'pino'

import { wholeNumber } from '../../config/values.ts'
import { startDaemon } from '../../daemon.ts'
import { findFreePort } from '../../embedded/bring-up.ts'
import { defaultDataDir } from '../../embedded/data-dir.ts'
import { createLogger } from '../../runtime/logger.ts'
import { FIRST_CHANGE } from '../../store/changes.ts'
import { openDb } from '../../store/db.ts'
import { EXIT, Failure } from '../exit.ts'
import { followChanges } from '../follow.ts'
import { createCommandLog } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { endSoon, listenForStop } from '../stop-signal.ts'
import type { Addresses, Display } from './display.ts'
import { emptyDataDir } from './empty-data-dir.ts'
import { createJsonDisplay } from './json-display.ts'
import { createNarrator, type Narrator } from './narrator.ts'
import { createDemoProvider, demoConfig } from './parts.ts'
import { createReceiver } from './receiver.ts'
import { createTextDisplay } from './text-display.ts'

export interface DemoOptions {
  /** Ends by itself after so long; null: only when asked to. */
  readonly forMs: number | null
  readonly isJson: boolean
}

const DEFAULT_PORT = 4600
const SUMMARY_EVERY_MS = 10_000

/** The daemon with all it needs, and somebody who tells what it does. */
export async function runDemo(shell: Shell, { forMs, isJson }: DemoOptions): Promise<void> {
  const stop = listenForStop()
  const fatal = new AbortController()
  const display = isJson ? createJsonDisplay(shell) : createTextDisplay(shell)
  const narrator = createNarrator(display)
  const provider = createDemoProvider()
  const receiver = createReceiver(narrator.hear)
  const undo: (() => Promise<void>)[] = []
  try {
    shell.note('Starting PostgreSQL, a provider, and the daemon; this takes a few seconds.')
    const dataDir = join(dataDirOf(shell), 'demo')
    const { dir, logFile } = await emptyDataDir(dataDir, createCommandLog(shell))
    const log = createLogger({
      level: 'warn',
      pretty: false,
      destination: { write: (text) => appendFileSync(logFile, text) },
    })

    const { url: webhooks } = await receiver.start()
    undo.push(() => receiver.stop())
    const { url: providerUrl } = await provider.start()
    undo.push(() => provider.stop())
    const port = await findFreePort(portOf(shell))
    const places = { dataDir, providerUrl, webhookUrl: webhooks, webhookSecret: receiver.secret, port }
    const daemon = await startDaemon(demoConfig(places), log, (err) => fatal.abort(err))
    undo.push(() => daemon.stop())

    const shown = {
      dir: shorten(shell, dir),
      logFile: shorten(shell, join(dir, 'daemon.log')),
      dataDir: shorten(shell, dataDir),
    }
    display.started({ provider: providerUrl, daemon: daemon.url, webhooks, ...shown } satisfies Addresses)
    const signals = [
      stop.signal,
      shell.unread,
      fatal.signal,
      ...(forMs === null ? [] : [AbortSignal.timeout(forMs)]),
    ]
    await narrate({
      narrator,
      display,
      databaseUrl: daemon.databaseUrl,
      log,
      signal: AbortSignal.any(signals),
    })
    display.stopping()
  } finally {
    for (const step of undo.reverse()) await step()
    endSoon()
  }
  narrator.finish()
  if (fatal.signal.aborted) throw new Failure(EXIT.failure, 'The demo cannot go on.', fatal.signal.reason)
}

interface Narration {
  readonly narrator: Narrator
  readonly display: Display
  readonly databaseUrl: string
  readonly log: Logger
  readonly signal: AbortSignal
}

async function narrate({ narrator, databaseUrl, log, signal }: Narration): Promise<void> {
  const db = openDb({ url: databaseUrl, log, applicationName: 'landfall-demo', maxConnections: 3 })
  const timer = setInterval(() => void narrator.sumUp(db).catch(() => {}), SUMMARY_EVERY_MS)
  try {
    const following = { db, databaseUrl, log, signal, onOutage: () => {} }
    for await (const changes of followChanges(following, FIRST_CHANGE)) narrator.see(changes)
    await narrator.count(db)
  } finally {
    clearInterval(timer)
    await db.pool.end()
  }
}

/** Where that one is taken, any that is free. */
function portOf({ env }: Shell): number {
  const { LANDFALL_PORT = '' } = env
  const told = LANDFALL_PORT.trim()
  if (told === '') return DEFAULT_PORT
  const { data, error } = wholeNumber(0, 65_535).safeParse(told)
  if (data !== undefined) return data
  throw new Failure(EXIT.configuration, `LANDFALL_PORT: ${error?.issues[0]?.message}`)
}

function dataDirOf({ env, cwd }: Shell): string {
  const { LANDFALL_DATA_DIR = '' } = env
  const told = LANDFALL_DATA_DIR.trim()
  return told === '' ? defaultDataDir() : resolve(cwd, told)
}

/** As the user would write it. */
function shorten({ cwd }: Shell, path: string): string {
  const short = relative(cwd, path)
  return short.startsWith('..') ? path : short
}

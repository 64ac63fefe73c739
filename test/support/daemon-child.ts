import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { Config } from '../../src/config/config.ts'
import { waitFor } from './wait-for.ts'

/** What the process is started with: a configuration that survives JSON. */
export interface ProcessSetup {
  readonly config: Omit<Config, 'roles'> & { readonly roles: readonly string[] & Config['roles'] }
  readonly logLevel: string
}

/** What the process says. */
export type Told =
  | { readonly kind: 'ready'; readonly databaseUrl: string; readonly url: string | null }
  | ({ readonly kind: 'memory' } & Memory)

interface Memory {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

/** A daemon in a process of its own, to be killed, frozen and drained. */
export interface DaemonChild {
  readonly pid: number
  /** Rejects, with what the process wrote, where it ends before it is ready. */
  readonly ready: Promise<{ readonly databaseUrl: string; readonly url: string | null }>
  /** Resolves when it is gone: its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  isRunning(): boolean
  signal(name: NodeJS.Signals): void
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
  /** What it wrote to stderr: its log, or how it died. */
  errors(): string
  /** After a garbage collection. */
  measureMemory(): Promise<Memory>
}

const script = fileURLToPath(new URL('daemon-process.ts', import.meta.url))
const KEPT_ERRORS = 200_000

/** Whoever starts one ends it: `onTestFinished(child.kill)`. */
export function startDaemonChild(config: Config): DaemonChild {
  const setup = { config: { ...config, roles: [...config.roles] }, logLevel: config.logLevel }
  const child = spawn(process.execPath, ['--expose-gc', script], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, LANDFALL_TEST_DAEMON: JSON.stringify(setup) },
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_ERRORS)
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const exited = once(child, 'exit').then(([code, signal]) => {
    process.removeListener('exit', killWithUs)
    return (code ?? signal) as number | NodeJS.Signals
  })
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const ready = nextTold(child, 'ready', exited, () => errors)
  // A test that kills it on its way up does not wait for it.
  ready.catch(() => {})

  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    isRunning,
    signal: (name) => void child.kill(name),
    kill: async () => {
      if (isRunning()) child.kill('SIGKILL')
      await exited
    },
    errors: () => errors,
    measureMemory: async () => {
      const measured = nextTold(child, 'memory', exited, () => errors)
      child.send('measure')
      return measured
    },
  }
}

async function nextTold<K extends Told['kind']>(
  child: ChildProcess,
  kind: K,
  exited: Promise<unknown>,
  errors: () => string,
): Promise<Extract<Told, { kind: K }>> {
  const { promise, resolve } = Promise.withResolvers<Extract<Told, { kind: K }>>()
  const listen = (told: Told) => {
    if (told.kind === kind) resolve(told as Extract<Told, { kind: K }>)
  }
  child.on('message', listen)
  const gone = exited.then((how) => {
    throw new Error(`the daemon ended (${String(how)}) before it was ${kind}: ${errors().slice(-2_000)}`)
  })
  try {
    return await Promise.race([promise, gone])
  } finally {
    child.off('message', listen)
  }
}

/** Waits until it ended by itself, and says how. */
export async function waitForExit(child: DaemonChild, timeoutMs: number): Promise<number | NodeJS.Signals> {
  await waitFor(() => !child.isRunning(), { what: 'the daemon to end', timeoutMs })
  return child.exited
}

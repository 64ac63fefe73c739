import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import {
  createEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/embedded/postgres.ts'
import { createEnterableTempDir } from '../support/embedded.ts'
import { waitFor } from '../support/wait-for.ts'

const script = fileURLToPath(new URL('daemon-process.ts', import.meta.url))

export const isRoot = process.getuid?.() === 0

export async function createTempDir(): Promise<string> {
  const dir = await createEnterableTempDir('landfall-embedded-')
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** A service in this process, not yet started; stopped after the test. */
export function createPostgres(
  dataDir: string,
  options: Partial<EmbeddedPostgresOptions> = {},
): EmbeddedPostgres {
  const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), ...options })
  onTestFinished(() => postgres.stop())
  return postgres
}

export async function startPostgres(
  dataDir: string,
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const postgres = createPostgres(dataDir, options)
  await postgres.start()
  return postgres
}

export interface DaemonProcess {
  readonly child: ChildProcess
  readonly url: string
}

/** A daemon in a process of its own, to be killed. */
export async function startDaemonProcess(
  dataDir: string,
  { uid, file = script }: { uid?: number; file?: string } = {},
): Promise<DaemonProcess> {
  const child = spawn(process.execPath, [file, dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid && { uid, gid: uid, env: { HOME: '/nonexistent' } }),
  })
  onTestFinished(() => end(child, 'SIGTERM'))
  let printed = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  await waitFor(() => printed.includes('\n') || child.exitCode !== null, {
    what: 'the daemon to start',
    timeoutMs: 20_000,
  })
  if (!printed) throw new Error(errors)
  return { child, url: printed.trim() }
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** One statement on a connection of its own. */
export async function query<T = Record<string, unknown>>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

export async function readServerPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

/** Servers and keepers on this folder. */
export async function listProcesses(dataDir: string): Promise<{ pid: number; command: string }[]> {
  const all = process.platform === 'linux' ? await listFromProc() : await listFromPs()
  return all.filter(({ command }) => command.includes(join(dataDir, 'postgres')))
}

/** A slim container has no `ps`. */
async function listFromProc() {
  const pids = (await readdir('/proc')).map(Number).filter(Boolean)
  return Promise.all(
    pids.map(async (pid) => ({
      pid,
      command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    })),
  )
}

async function listFromPs() {
  const { stdout } = await promisify(execFile)('ps', ['-Awwo', 'pid=,command='])
  return stdout.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), command: line }))
}

export async function waitUntilNothingRuns(dataDir: string): Promise<void> {
  await waitFor(async () => (await listProcesses(dataDir)).length === 0, {
    what: `all server processes on ${dataDir} to end`,
    timeoutMs: 5_000,
  })
}

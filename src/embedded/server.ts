import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { giveToOwner, pathsIn } from './data-dir.ts'
import { asUser } from './database-user.ts'
import { trimLog } from './log-file.ts'
import { readPostmasterFile } from './postmaster.ts'
import { type Programs, stopPostmaster } from './stop-postmaster.ts'

export interface ServerOptions extends Programs {
  readonly dir: string
  readonly port: number
}

/** One run of the server program. */
export interface Server {
  readonly pid: number
  /** Resolves when it is gone, with how it ended and the end of its log. */
  readonly exited: Promise<string>
  hasExited(): boolean
  stop(): Promise<void>
}

/*
 * The daemon may be killed without a chance to stop the server. So the server runs beneath a shell that holds the
 * reading end of a pipe of the daemon: when it closes, the server gets SIGINT, a fast shutdown. The pipe is moved
 * off file 0, as a shell gives its background commands an empty one. SIGINT is repeated because the server ignores
 * it until it has come up far enough.
 */
const keeper = `
exec 3<&0 0</dev/null
"$@" 3<&- >&2 &
server=$!
echo "$server"
exec >&2
{ read -r _ <&3; while kill -INT "$server"; do sleep 0.2 || sleep 1; done; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
{ kill "$watcher"; wait "$watcher"; } 2>/dev/null
exit "$status"
`

export async function spawnServer(options: ServerOptions): Promise<Server> {
  const { cluster, log } = pathsIn(options.dir)
  await trimLog(log)
  const file = await open(log, 'a', 0o600)
  await giveToOwner(log)
  const logStart = (await file.stat()).size
  const child = await spawnProgram(options, file.fd)
  let hasExited = false
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  child.on('error', () => {}) // after the spawn only a signal can fail
  child.once('exit', (code, signal) => {
    hasExited = true
    resolve(signal ? `signal ${signal}` : `exit code ${code}`)
  })
  const exited = ended.then(async (how) => `${how}; its log ends with: ${await readTail(log, logStart)}`)
  await file.close()
  const pid = process.platform === 'win32' ? (child.pid ?? 0) : await readPid(child)

  async function stop(): Promise<void> {
    child.stdin?.destroy()
    if (!hasExited) await stopPostmaster(pid, cluster, options)
    await Promise.race([exited, delay(5_000, undefined, { ref: false })])
    child.kill('SIGKILL') // a keeper that hangs; usually it has gone with the server
    await exited
  }

  return { pid, exited, hasExited: () => hasExited, stop }
}

async function readTail(log: string, start: number): Promise<string> {
  const text = await readFile(log).catch(() => Buffer.alloc(0))
  return text.subarray(start).toString().trim().split('\n').slice(-8).join(' | ')
}

async function spawnProgram(
  { dir, port, binaries, user }: ServerOptions,
  log: number,
): Promise<ChildProcess> {
  const { cluster } = pathsIn(dir)
  const args = ['-D', cluster, ...settings(port).flatMap((setting) => ['-c', setting])]
  // Postgres takes any live process with the pid in an old lock file for a running server, except this one.
  const stale = await readPostmasterFile(cluster)
  const options = asUser(user, { PG_GRANDPARENT_PID: String(stale?.pid ?? 0) })
  const child =
    process.platform === 'win32'
      ? spawn(binaries.postgres, args, { ...options, stdio: ['pipe', log, log], windowsHide: true })
      : // In a session of its own, Ctrl-C reaches the daemon only, which stops the server last.
        spawn('/bin/sh', ['-c', keeper, 'landfall-keeper', binaries.postgres, ...args], {
          ...options,
          stdio: ['pipe', 'pipe', log],
          detached: true,
        })
  child.stdin?.on('error', () => {}) // it is never written to
  await once(child, 'spawn')
  return child
}

async function readPid(keeper: ChildProcess): Promise<number> {
  const text = keeper.stdout ? (await keeper.stdout.toArray()).join('') : ''
  const pid = Number(text)
  if (pid > 1) return pid
  keeper.kill('SIGKILL')
  throw new Error('The keeper of the embedded Postgres did not start it')
}

function settings(port: number): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=64MB',
    'synchronous_commit=on',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_min_messages=warning',
    'log_checkpoints=off',
    'log_line_prefix=%m [%p] %a ',
  ]
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

const program = 'redis-server'

/** For tests that are skipped without it. */
export const NEEDS_REDIS = 'Redis (install redis-server)'

/** A Redis of a test's own, to flush and to kill. */
export interface RedisServer {
  readonly url: string
  /** kill -9. */
  kill(): Promise<void>
  /** On the same port; what it remembers depends on `isPersistent`. Stops the server first if it runs. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** True where the program is on the PATH. */
export function canStartRedisServer(): boolean {
  const { PATH = '' } = process.env
  return PATH.split(delimiter).some((dir) => isExecutable(join(dir, program)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function startRedisServer({ isPersistent = false } = {}): Promise<RedisServer> {
  const port = await findFreePort()
  const dir = await mkdtemp(join(tmpdir(), 'landfall-redis-'))
  let child = await spawnRedis(port, dir, isPersistent)

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  async function restart(): Promise<void> {
    await end('SIGTERM')
    child = await spawnRedis(port, dir, isPersistent)
  }

  async function stop(): Promise<void> {
    await end('SIGTERM')
    await rm(dir, { recursive: true, force: true })
  }

  return { url: `redis://127.0.0.1:${port}`, kill: () => end('SIGKILL'), restart, stop }
}

async function spawnRedis(port: number, dir: string, isPersistent: boolean): Promise<ChildProcess> {
  const persistence = isPersistent ? ['--appendonly', 'yes'] : ['--appendonly', 'no']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...persistence]
  const child = spawn(program, args, { stdio: 'ignore' })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('exit', () => process.removeListener('exit', killWithUs))
  await waitFor(() => ping(port), { what: `redis-server on port ${port} to answer` })
  return child
}

async function ping(port: number): Promise<boolean> {
  return (await sendToRedis(port, 'PING')) === '+PONG'
}

/** One command in Redis' inline form, and the first line of its answer. */
export async function sendToRedis(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')))
    socket.write(`${command}\r\n`)
    const [answer] = await once(socket, 'data')
    return String(answer).split('\r\n')[0] ?? ''
  } finally {
    socket.destroy()
  }
}

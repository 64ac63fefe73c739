import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { type DatabaseUser, runAs } from './database-user.ts'
import { isPostmaster } from './postmaster.ts'

export interface Programs {
  readonly binaries: Binaries
  readonly user: DatabaseUser | null
}

/** Fast shutdown, and harder means for a server that does not come to an end; returns when it is gone. */
export async function stopPostmaster(
  pid: number,
  cluster: string,
  { binaries, user }: Programs,
): Promise<void> {
  if (process.platform === 'win32') {
    await runAs(user, binaries.pgCtl, ['stop', '-D', cluster, '-m', 'fast', '-t', '10']).catch(() => {})
    if (await isGone(pid, cluster, 0)) return
    await runAs(user, binaries.pgCtl, ['stop', '-D', cluster, '-m', 'immediate']).catch(() => {})
  }
  for (const [signal, graceMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    trySignal(pid, signal)
    if (await isGone(pid, cluster, graceMs)) return
  }
  throw new Error(`Cannot stop the Postgres server with pid ${pid} on ${cluster}`)
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err
  }
}

async function isGone(pid: number, cluster: string, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (await isPostmaster(pid, cluster)) {
    if (Date.now() > deadline) return false
    await delay(20)
  }
  return true
}

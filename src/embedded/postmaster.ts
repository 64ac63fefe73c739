import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The server process that has a cluster open, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

/** The server that is alive on this cluster, whoever started it. */
export async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const noted = await readPostmasterFile(cluster)
  return noted && (await isPostmaster(noted.pid, cluster)) ? noted : null
}

/** The file outlives a killed server, so what it says need not be true. */
export async function readPostmasterFile(cluster: string): Promise<Postmaster | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid < 2) return null
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' }
}

/**
 * A pid alone proves nothing: after a reboot, or in a new container, it may be anybody's; and where the first process
 * of a container does not reap others, the dead keep theirs.
 */
export async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const command = await readCommand(pid)
  return command === null || (command.includes('postgres') && command.includes(cluster))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Empty for a process that has ended but was not reaped; null where it cannot be told. */
async function readCommand(pid: number): Promise<string | null> {
  if (process.platform === 'win32') return null
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const ps = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
  return ps.then(
    ({ stdout }) => stdout,
    () => '',
  )
}

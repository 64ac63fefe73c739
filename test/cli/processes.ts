import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { waitFor } from '../support/wait-for.ts'

/** Resolves once no process has this folder in its arguments: Postgres names its data there. */
export async function waitForNoProcess(dir: string): Promise<void> {
  const what = `no process with ${dir}`
  await waitFor(async () => (await listProcesses(dir)).length === 0, { what, timeoutMs: 15_000 })
}

export async function listProcesses(dir: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'args='])
  return stdout.split('\n').filter((args) => args.includes(dir))
}

import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Setting {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line as its own process, with nothing in its environment that the test did not put there. */
export function startCli(args: readonly string[], { cwd, env = {} }: Setting) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out.stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (out.stderr += part))
  const exited = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, ...out }))
  })

  /** The first match in what it has printed so far, or will. */
  async function waitForOutput(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const all = () => stripVTControlCharacters(`${out.stdout}\n${out.stderr}`)
    const match = await waitFor(() => pattern.exec(all()) ?? hasEnded(), { what: `${pattern}`, timeoutMs })
    if (match === 'ended') throw new Error(`it ended without ${pattern}: ${all()}`)
    return match
  }

  function hasEnded(): 'ended' | null {
    return child.exitCode === null && child.signalCode === null ? null : 'ended'
  }

  return { child, exited, waitForOutput, hasEnded: () => hasEnded() !== null }
}

export type RunningCli = ReturnType<typeof startCli>

export async function runCli(args: readonly string[], setting: Setting): Promise<Ended> {
  return startCli(args, setting).exited
}

/** A command line for a shell, with `landfall` in it. */
export async function runShell(line: string, { cwd, env = {} }: Setting): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env
  const program = line.replaceAll('landfall', `${process.execPath} ${MAIN}`)
  const child = spawn('/bin/sh', ['-c', program], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await closed, stdout, stderr }
}

/** An empty working directory that everybody may enter. */
export async function createWorkingDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'landfall-cli-'))
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

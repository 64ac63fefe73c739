import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { TestContext } from 'vitest'

import { waitFor } from '../support/wait-for.ts'
import type { Setting } from './cli.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const run = promisify(execFile)

export function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** A real terminal, in which a shell runs a command line with `landfall` in it. Ends with the test. */
export async function openTerminal(
  after: TestContext['onTestFinished'],
  line: string,
  { cwd, env = {} }: Setting,
  size: Size,
) {
  const name = `landfall-${randomUUID()}`
  const { PATH = '', HOME = '' } = process.env
  // The server that tmux starts hands its own environment on to the shell: it gets no more than the command shall see.
  const bare = { PATH, HOME, LANG: 'C.UTF-8', ...env }
  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-L', name, '-f', '/dev/null', ...args], { env: bare })).stdout
  const program = line.replaceAll('landfall', `${process.execPath} ${MAIN}`)
  // Ctrl-C ends the command and not the shell, which stays open to be looked at.
  const shell = `sh -c 'trap : INT; ${program}; read -r end'`
  const place = ['-x', `${size.width}`, '-y', `${size.height}`, '-c', cwd]
  await tmux('-u', 'new-session', '-d', ...place, shell)
  after(async () => {
    await tmux('kill-server').catch(() => {})
  })

  /** The lines that it shows now, without the empty ones at its end. */
  const screen = async () => (await tmux('capture-pane', '-p')).trimEnd().split('\n')

  /** The lines, once they match. */
  async function waitForScreen(pattern: RegExp, timeoutMs = 20_000): Promise<string[]> {
    let lines: string[] = []
    const shows = async () => {
      lines = await screen()
      if (!pattern.test(lines.join('\n'))) throw new Error(`it shows\n${lines.join('\n')}`)
      return true
    }
    await waitFor(shows, { what: `${pattern}`, timeoutMs })
    return lines
  }

  return {
    screen,
    waitForScreen,
    press: (key: string) => tmux('send-keys', key),
    resize: ({ width, height }: Size) => tmux('resize-window', '-x', `${width}`, '-y', `${height}`),
    isCursorShown: async () => (await tmux('display-message', '-p', '#{cursor_flag}')).trim() === '1',
  }
}

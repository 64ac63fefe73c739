import { styleText } from 'node:util'

import type { Env } from '../config/environment.ts'
import { openScreen, type Screen, type ScreenListener } from './screen.ts'
import { createStatusLine } from './status-line.ts'
import { escapeJson } from './text.ts'

export type Style = Parameters<typeof styleText>[0]

/** What a command has of the world around it: data goes to stdout, messages to stderr. */
export interface Shell {
  readonly env: Env
  readonly cwd: string
  /** Asked for with LOG_LEVEL. */
  readonly isDebugging: boolean
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** Columns of the terminal; infinite where stdout is none. */
  width(): number
  /** One line (or several) of data. */
  print(text: string): void
  /** One JSON value on a line of its own. */
  printJson(value: unknown): void
  /** A message. */
  note(text: string): void
  /** How far it is, in a line that the next one replaces; empty takes it away. Only where stderr is a terminal. */
  status(text: string): void
  /** The whole terminal; null where stdout is none that could show it. */
  openScreen(listener: ScreenListener): Screen | null
  /** Coloured where stdout is a terminal and NO_COLOR does not forbid it. */
  paint(style: Style, text: string): string
  /** Aborted when nobody reads stdout any more, as behind `| head`. */
  readonly unread: AbortSignal
  /** What the process exits with once nothing is left to do. */
  setExitCode(code: number): void
}

export function createShell(process: NodeJS.Process): Shell {
  const { stdout, stderr } = process
  const { LOG_LEVEL = '', TERM = '' } = process.env
  const isCapable = TERM !== 'dumb'
  const statusLine = createStatusLine(stderr, isCapable)
  const unread = new AbortController()
  const onError = (err: NodeJS.ErrnoException) => {
    // Any other error too means that no more can be written there.
    if (err.code !== 'EPIPE') process.exitCode ||= 1
    unread.abort()
  }
  stdout.on('error', onError)
  stderr.on('error', () => {})

  const print = (text: string) => {
    statusLine.clear()
    if (!unread.signal.aborted) stdout.write(`${text}\n`)
  }
  const note = (text: string) => {
    statusLine.clear()
    stderr.write(`${text}\n`)
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    isDebugging: /^(debug|trace)$/.test(LOG_LEVEL),
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    width: () => (stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY),
    print,
    printJson: (value) => print(escapeJson(value)),
    note,
    status: statusLine.show,
    openScreen: (listener) => (stdout.isTTY && isCapable ? openScreen(process, listener) : null),
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    unread: unread.signal,
    setExitCode: (code) => {
      process.exitCode = code
    },
  }
}

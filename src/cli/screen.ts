import { stripVTControlCharacters } from 'node:util'

import { cutEnd, widthOf } from './text.ts'

/** The whole terminal, for a view that redraws itself. */
export interface Screen {
  size(): { readonly width: number; readonly height: number }
  /** Replaces all that is shown. What does not fit is cut off. */
  draw(lines: readonly string[]): void
  /** Gives the terminal back as it was. */
  close(): void
}

export interface ScreenListener {
  readonly onKey: (key: string) => void
  readonly onResize: () => void
}

type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'on' | 'removeListener'>

// The alternate screen, without cursor and line breaks of the terminal's own.
const OPEN = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const CLOSE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
// Shown at once where the terminal knows how; others ignore it.
const BEGIN = '\u001b[?2026h\u001b[H'
const END = '\u001b[?2026l'

export function openScreen(process: Terminal, { onKey, onResize }: ScreenListener): Screen {
  const { stdin, stdout } = process
  const hasKeys = stdin.isTTY === true
  const size = () => ({ width: stdout.columns || 80, height: stdout.rows || 24 })
  const onData = (keys: Buffer) => {
    for (const key of keys.toString('utf8')) onKey(key)
  }

  function draw(lines: readonly string[]): void {
    const { width, height } = size()
    const rows = Array.from(
      { length: height },
      (_, index) => `\u001b[K${cutToFit(lines[index] ?? '', width)}`,
    )
    stdout.write(`${BEGIN}${rows.join('\r\n')}${END}`)
  }

  let isOpen = true
  function close(): void {
    if (!isOpen) return
    isOpen = false
    process.removeListener('exit', close)
    stdout.removeListener('resize', onResize)
    if (hasKeys) {
      stdin.removeListener('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
    }
    stdout.write(CLOSE)
  }

  stdout.write(OPEN)
  stdout.on('resize', onResize)
  // Also where something ends the process from within.
  process.on('exit', close)
  if (hasKeys) {
    stdin.setRawMode(true)
    stdin.on('data', onData)
    stdin.resume()
  }
  return { size, draw, close }
}

/** A line that has to be cut loses its colours, too. */
function cutToFit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line)
  return widthOf(plain) <= width ? line : cutEnd(plain, width)
}

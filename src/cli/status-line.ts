import type { WriteStream } from 'node:tty'

import { cutEnd } from './text.ts'

/** One line at the foot of what is printed, which comes and goes. */
export interface StatusLine {
  readonly show: (text: string) => void
  readonly clear: () => void
}

const CLEAR = '\r\u001b[K'

export function createStatusLine(
  stderr: Pick<WriteStream, 'isTTY' | 'columns' | 'write'>,
  isCapable: boolean,
): StatusLine {
  let shown = ''
  const clear = () => {
    if (shown !== '') stderr.write(CLEAR)
    shown = ''
  }
  const show = (text: string) => {
    if (!stderr.isTTY || !isCapable || text === shown) return
    clear()
    // The last column stays free, or some terminals begin a new line.
    shown = cutEnd(text, (stderr.columns || 80) - 1)
    stderr.write(shown)
  }
  return { show, clear }
}

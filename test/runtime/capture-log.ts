import type { Logger } from 'pino'
import { expect } from 'vitest'

import { createLogger } from '../../src/runtime/logger.ts'

/** A logger, and what it has written. */
export function capture(pretty = false) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLogger({ level: 'info', destination, pretty, colors: false })
  return { log, output: () => lines.join(''), fields: () => lines.map((line) => JSON.parse(line)) }
}

/** The fields of the one line that `write` logs. */
export function logged(write: (log: Logger) => void) {
  const { log, fields } = capture()
  write(log)
  expect(fields()).toHaveLength(1)
  return fields()[0]
}

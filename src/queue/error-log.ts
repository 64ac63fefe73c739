import type { Logger } from 'pino'

export type NoteError = (level: 'warn' | 'error', message: string, err: unknown, fields?: object) => void

/** Logs an error at once, and the same one again at most every `quietMs`, with how often it came meanwhile. */
export function createErrorLog(log: Logger, quietMs = 10_000): NoteError {
  const quiet = new Map<string, { untilMs: number; repeated: number }>()

  return (level, message, err, fields) => {
    const key = `${message} ${nameOf(err)}`
    const now = performance.now()
    const known = quiet.get(key)
    if (known && now < known.untilMs) {
      known.repeated++
      return
    }
    // Names come from foreign code; whatever they are, they must not fill the memory.
    if (quiet.size > 100) quiet.clear()
    quiet.set(key, { untilMs: now + quietMs, repeated: 0 })
    log[level]({ ...fields, ...(known?.repeated ? { repeated: known.repeated } : {}), err }, message)
  }
}

/** What two occurrences of the same error have in common: messages often carry ids. */
function nameOf(err: unknown): string {
  for (let cause = err; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause) return String(cause.code)
  }
  return err instanceof Error ? `${err.name} ${err.message.replaceAll(/\d+/g, '#').slice(0, 80)}` : typeof err
}

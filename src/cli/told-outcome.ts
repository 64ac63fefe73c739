import { formatDuration } from '../domain/duration.ts'
import type { Outcome } from '../providers/provider.ts'
import { EXIT, Failure } from './exit.ts'
import { clean } from './text.ts'

/** What was done; whatever else came of it ends the command, in words. */
export function doneOf<T>(provider: string, what: string, outcome: Outcome<T>): T {
  switch (outcome.kind) {
    case 'done':
      return outcome.value
    case 'refused': {
      const { statusCode, message, retryAfterMs, runIds } = outcome
      const again = retryAfterMs === null ? '' : ` Try again in ${formatDuration(retryAfterMs)}.`
      const runs = runIds.length === 0 ? '' : ` In the way: ${runIds.map(clean).join(', ')}.`
      throw new Failure(
        EXIT.failure,
        `${provider} refused to ${what} (${statusCode}): ${clean(message)}.${runs}${again}`,
      )
    }
    case 'not_sent':
      throw new Failure(EXIT.unreachable, `${provider} was not asked to ${what}: ${outcome.reason}.`)
    case 'lost':
      throw new Failure(
        EXIT.unreachable,
        `${provider} gave no usable answer when asked to ${what}: ${outcome.reason}. It may have been done all the same.`,
      )
    default:
      return outcome satisfies never
  }
}

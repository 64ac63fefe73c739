import { NoEmbeddedPostgresError } from '../embedded/binaries.ts'
import { DataDirInUseError } from '../embedded/bring-up.ts'
import { redactText } from '../runtime/logger.ts'
import { pgCodeOf } from '../store/db.ts'
import { HookNamesTakenError } from '../store/hooks.ts'
import { TransactionPoolerError } from '../store/schema-changes.ts'
import { DatabaseUnreachableError } from '../store/wait.ts'
import { EXIT, Failure } from './exit.ts'

export interface Described {
  readonly exitCode: number
  readonly message: string
}

/** What a user is told of an error, and what the process exits with. */
export function describeFailure(err: unknown): Described {
  if (err instanceof Failure) return { exitCode: err.exitCode, message: err.message }
  const chain = causesOf(err)
  const service = chain.find(
    (one) => one instanceof DataDirInUseError || one instanceof DatabaseUnreachableError,
  )
  if (service !== undefined) return { exitCode: EXIT.unreachable, message: redactText(service.message) }
  const misconfigured = chain.find(
    (one) =>
      one instanceof HookNamesTakenError ||
      one instanceof NoEmbeddedPostgresError ||
      one instanceof TransactionPoolerError,
  )
  if (misconfigured !== undefined) return { exitCode: EXIT.configuration, message: misconfigured.message }
  const port = chain.find((one) => codeOf(one) === 'EADDRINUSE' || codeOf(one) === 'EACCES')
  if (port !== undefined && 'port' in port) return { exitCode: EXIT.failure, message: describePort(port) }
  if (isUnreachable(err)) {
    const message = `The database cannot be reached: ${wordsOf(chain)}. Check that it runs, and DATABASE_URL.`
    return { exitCode: EXIT.unreachable, message }
  }
  if (['42P01', '3F000', '42703'].includes(pgCodeOf(err) ?? '')) {
    const message = 'The database lacks tables or columns of this version: landfall migrate adds them.'
    return { exitCode: EXIT.failure, message }
  }
  const message = `${wordsOf(chain)}\n(Not one of the expected errors; LOG_LEVEL=debug shows where it happened.)`
  return { exitCode: EXIT.failure, message }
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
])
/** Starting, stopping, crashed, out of connections, or class 08: the connection itself. */
const AWAY_STATE = /^(57P0[1-3]|53300|08...)$/
const AWAY_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/

/** Whether it is the database that is away, so that it may come back. */
export function isUnreachable(err: unknown): boolean {
  if (AWAY_STATE.test(pgCodeOf(err) ?? '')) return true
  return causesOf(err).some((one) => AWAY.has(codeOf(one)) || AWAY_WORDS.test(one.message))
}

function describePort(err: Error): string {
  const { port, address } = err as { port?: unknown; address?: unknown }
  const where = `Port ${String(port)}${typeof address === 'string' ? ` of ${address}` : ''}`
  if (codeOf(err) === 'EACCES') return `${where} may not be used by this user. Choose one above 1023.`
  return `${where} is in use by another program. Stop that one, or choose another port (LANDFALL_PORT, --port of simulate; 0 takes any).`
}

/** For whoever looks for the place in the code. */
export function stackOf(err: unknown): string {
  return causesOf(err)
    .map((one) => redactText(one.stack ?? one.message))
    .join('\ncaused by ')
}

/** The error, what caused it, and the members of those that are several. */
function causesOf(err: unknown): Error[] {
  const chain: Error[] = []
  for (let one = err; one instanceof Error && chain.length < 10; one = one.cause) {
    chain.push(one)
    if (one instanceof AggregateError) chain.push(...one.errors.filter((each) => each instanceof Error))
  }
  return chain
}

/** From the action that failed to why it did. */
function wordsOf(chain: readonly Error[]): string {
  // One by one: what is cut off a query's error is cut up to the end of the text.
  const words = chain.map((one) => redactText(one.message || codeOf(one))).filter((text) => text !== '')
  return [...new Set(words)].join(': ') || 'Something went wrong, and nothing says what'
}

function codeOf(err: Error): string {
  return 'code' in err && typeof err.code === 'string' ? err.code : ''
}

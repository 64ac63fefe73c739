import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import { prettyFactory } from 'pino-pretty'

import { createLogStream, type LogStream, openWriter } from './log-stream.ts'

export interface LoggerOptions {
  /** A pino level, or `silent`. */
  readonly level: string
  /** Default stdout. */
  readonly destination?: 'stdout' | 'stderr' | DestinationStream
  /** For people (the destination is a terminal) instead of JSON lines for machines. */
  readonly pretty: boolean
  /** Only for `pretty`; default what the terminal can do and NO_COLOR allows. */
  readonly colors?: boolean
}

/**
 * A logger that lets no secret through: wherever the parts of a line came from (fields, child bindings, serializers,
 * the message), the finished line goes through `redactLine`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: describeErrorsIn },
    // For child bindings, which the formatter does not see, and instead of pino's own for `err`.
    serializers: { err: describeError, error: describeError, reason: describeError },
    hooks: { streamWrite: redactLine },
  }
  const { destination = 'stdout', pretty, colors } = options
  const plain = typeof destination === 'string' ? openStream(destination) : destination
  const log: Logger = pino(settings, pretty ? prettyStream(plain, colors) : plain)
  return log

  /** At once where it can, so that the last line before a crash is written too. */
  function openStream(name: 'stdout' | 'stderr'): LogStream {
    const onGap = (dropped: number) => log.warn({ dropped }, 'log.lines_dropped')
    const stream = createLogStream({ write: openWriter(name), onGap })
    process.once('exit', stream.flushLast)
    return stream
  }
}

function prettyStream(plain: DestinationStream, colors: boolean | undefined): DestinationStream {
  const format = prettyFactory({
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    ...(colors === undefined ? {} : { colorize: colors }),
  })
  return { write: (line) => plain.write(format(line)) }
}

/** What may be told of an error besides message and stack; others (a row's values in pg's `detail`) may not. */
const TOLD = 'code errno syscall hostname address port statusCode severity table constraint'.split(' ')
const MAX_CAUSES = 8

function describeError(value: unknown, depth = 0): unknown {
  if (!(value instanceof Error)) return value
  if (depth > MAX_CAUSES) return '[cause]'
  const message = redactText(value.message)
  return {
    type: value.name === 'Error' ? value.constructor.name : value.name,
    message,
    // The stack repeats the message; there, a value that looks like a stack line would end the redaction early.
    stack: value.stack?.replace(value.message, () => message),
    ...Object.fromEntries(Object.entries(value).filter(([key]) => TOLD.includes(key))),
    cause: describeError(value.cause, depth + 1),
    errors:
      value instanceof AggregateError ? value.errors.map((one) => describeError(one, depth + 1)) : undefined,
  }
}

/** Errors stand anywhere in a line's fields; as JSON they would lose their message and keep a query's values. */
function describeErrorsIn(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, withErrors(field, 0)]))
}

const MAX_DEPTH = 4

function withErrors(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value)
  if (depth === MAX_DEPTH || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withErrors(item, depth + 1))
  // Instances of classes are left to their serializers.
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withErrors(field, depth + 1)]))
}

function redactLine(line: string): string {
  try {
    return `${JSON.stringify(JSON.parse(line, redactField))}\n`
  } catch {
    return redactText(line)
  }
}

/** Called for every value of a line, the innermost first. */
function redactField(key: string, value: unknown): unknown {
  if (isSecretKey(key) && holdsSecret(value)) return '[redacted]'
  if (typeof value === 'string') return redactString(key, value)
  return value
}

function redactString(key: string, text: string): string {
  // An account's name may well look like one of Anon's keys.
  if (key === 'account') return text
  if (key === 'url') return redactText(text.replace(/\?.*$/s, '?***'))
  return redactText(key === 'stack' ? withoutValues(text, '\n    at ') : text)
}

const SECRET_KEY =
  /^(pass|pwd|rawheaders)$|(apikey|secrets?|tokens?|passwords?|passwd|authorization|cookies?|privatekey|secretkey|credentials?)$/

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replace(/[^a-z0-9]/g, ''))
}

/** Numbers count something (a bucket's tokens); the words are those of the configuration's summary. */
function holdsSecret(value: unknown): boolean {
  return typeof value === 'string'
    ? value !== 'set' && value !== 'not set'
    : typeof value === 'object' && value !== null
}

/** Bounded where they could otherwise read on to the end of a long text from each of its places. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Passwords in URLs; up to the last @, as people forget to encode the one in their password.
  [/(:\/\/[^\s:@/?#]*):\S{0,999}@/g, '$1:***@'],
  [/(:\/\/[^\s"'<>?#]{0,999})\?[^\s"'<>]*/g, '$1?***'],
  [/\b(Bearer)\s+(?!tokens?\b)[^\s"',;]+/gi, '$1 ***'],
  [/\b(whsec_|whsk_)[A-Za-z0-9+/=_-]+/g, '$1***'],
  [/\b(anon_)[A-Za-z0-9_-]{6,}/g, '$1***'],
  [/(password|passwd|api[_-]?key|token|secret(?:[_-]key)?)(=|"\s*:\s*)("[^"]*"|[^\s&;,"']+)/gi, '$1$2***'],
]

/** The text without the passwords, keys and tokens that can be told by their form. */
export function redactText(text: string): string {
  return PATTERNS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), withoutValues(text))
}

/** Drizzle ends its messages with the query's values; in a stack, the lines of the stack come after them. */
function withoutValues(text: string, next?: string): string {
  const query = text.indexOf('Failed query:')
  const values = query === -1 ? -1 : text.indexOf('params:', query)
  if (values === -1) return text
  const after = next === undefined ? -1 : text.indexOf(next, values)
  return text.slice(0, values).trimEnd() + (after === -1 ? '' : text.slice(after))
}

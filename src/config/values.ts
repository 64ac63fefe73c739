import { z } from 'zod'

import { parseDuration } from '../domain/duration.ts'
import { formOf } from './form.ts'
import { nearest } from './suggest.ts'

/** A value of the environment (always a text) or of YAML, read; or what form it had, where that can be said better. */
export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'wrong'; readonly form?: string }

export const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value })
export const wrong = (form?: string): Parsed<never> =>
  form === undefined ? { kind: 'wrong' } : { kind: 'wrong', form }

interface Expected<T> {
  /** Ends the message: `is "80a"; expected …` */
  readonly expected: string
  readonly parse: (raw: unknown) => Parsed<T>
  /** Whether the value must not be shown. */
  readonly secret?: boolean
}

/** A zod schema whose one issue says what form the value had and what is accepted. */
export function value<T>({ expected, parse, secret = false }: Expected<T>) {
  return z.unknown().transform((raw, context): T => {
    const parsed = raw === undefined ? wrong() : parse(raw)
    if (parsed.kind === 'ok') return parsed.value
    const unquoted = secret && (typeof raw === 'number' || typeof raw === 'boolean') ? ' without quotes' : ''
    const message = `is ${parsed.form ?? formOf(raw, secret)}${unquoted}; expected ${expected}`
    context.issues.push({ code: 'custom', input: raw, message })
    return z.NEVER
  })
}

/** A text that `read` understands (it returns null for what it does not). */
function text<T>(expected: string, read: (text: string) => T | null) {
  return value({ expected, parse: (raw) => fromNullable(typeof raw === 'string' ? read(raw) : null) })
}

export function name() {
  const expected = 'a name of a-z, 0-9, - and _ that begins with a letter or digit, at most 63 long'
  return text(expected, (raw) => (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(raw) ? raw : null))
}

export function headerName() {
  const expected = 'the name of a header, such as x-api-key'
  return text(expected, (raw) => (/^[a-z0-9][a-z0-9-]{0,62}$/i.test(raw) ? raw.toLowerCase() : null))
}

/** Comes out without the slash in front, so that it extends the base URL. */
export function requestPath(expected: string, needed = '') {
  return text(expected, (raw) => {
    const isPath = /^\/?[\w{}.~!$&'()*+,;=:@%/?-]+$/.test(raw) && !raw.startsWith('//') && !raw.includes('..')
    return isPath && raw.includes(needed) ? raw.replace(/^\//, '') : null
  })
}

/** Names with dots between, of the fields that lead to a value. */
export function place() {
  return text('the place of a field, such as id or state.name', (raw) =>
    /^[^.\s]+(\.[^.\s]+)*$/.test(raw) && raw.length <= 200 ? raw : null,
  )
}

export function word() {
  return text('a word of letters, digits, - and _', (raw) => (/^[\w-]{1,63}$/.test(raw) ? raw : null))
}

export function oneOf<const T extends string>(words: readonly T[]) {
  return text(`one of ${words.join(', ')}`, (raw) => words.find((word) => word === raw) ?? null)
}

export function flag() {
  const words = new Map([...['true', 'yes', '1'].map(asTrue), ...['false', 'no', '0'].map(asFalse)])
  const parse = (raw: unknown) => fromNullable(words.get(String(raw).toLowerCase()))
  return value({ expected: 'true or false', parse })
}

const asTrue = (word: string) => [word, true] as const
const asFalse = (word: string) => [word, false] as const

export function wholeNumber(least: number, most: number) {
  const accepts = (number: number) => Number.isInteger(number) && number >= least && number <= most
  return number(`a whole number from ${least} to ${most}`, accepts)
}

export function positiveNumber(most: number) {
  return number(`a number above 0 and up to ${most}`, (number) => number > 0 && number <= most)
}

function number(expected: string, accepts: (number: number) => boolean) {
  const parse = (raw: unknown): Parsed<number> => {
    const read = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw
    return typeof read === 'number' && accepts(read) ? ok(read) : wrong()
  }
  return value({ expected, parse })
}

/** In milliseconds; both ends are given as the user would write them. */
export function duration(least: string, most: string) {
  const read = durationWithin(least, most)
  // Nothing needs no unit.
  const isZero = (raw: unknown) => least === '0' && (raw === 0 || raw === '0')
  const parse = (raw: unknown) => fromNullable(isZero(raw) ? 0 : typeof raw === 'string' ? read(raw) : null)
  return value({ expected: durationForm(least, most), parse })
}

export function durationOrNever(least: string, most: string) {
  const read = durationWithin(least, most)
  return text(`never, or ${durationForm(least, most)}`, (raw) => (raw === 'never' ? raw : read(raw)))
}

const durationForm = (least: string, most: string) =>
  `a duration such as 30s, 5m, 24h or 7d, from ${least} to ${most}`

function durationWithin(least: string, most: string) {
  const leastMs = parseDuration(least) ?? 0
  const mostMs = parseDuration(most) ?? 0
  return (raw: string) => {
    const ms = parseDuration(raw)
    return ms !== null && ms >= leastMs && ms <= mostMs ? ms : null
  }
}

/** How long something is kept, in milliseconds; null for ever. */
export function lifetime() {
  const [leastMs, mostMs] = [3_600_000, 36_500 * 86_400_000]
  const parse = (raw: unknown): Parsed<number | null> => {
    if (raw === 'forever' || raw === '0' || raw === 0) return ok(null)
    const ms = typeof raw === 'string' ? parseDuration(raw) : null
    return ms !== null && ms >= leastMs && ms <= mostMs ? ok(ms) : wrong()
  }
  return value({ expected: 'a duration such as 90d, from 1h to 36500d, or forever', parse })
}

/** Words separated by commas, or a YAML list of them; at least one. */
export function wordList<const T extends string>(words: readonly T[]) {
  const parse = (raw: unknown): Parsed<readonly T[]> => {
    const given = typeof raw === 'string' ? raw.split(',').map((word) => word.trim()) : raw
    if (!Array.isArray(given) || given.length === 0) return wrong()

    const known = given.map((item: unknown) => words.find((word) => word === item))
    const unknownAt = known.indexOf(undefined)
    if (unknownAt === -1) return ok([...new Set(known.filter((word) => word !== undefined))])
    const item: unknown = given[unknownAt]
    const meant = typeof item === 'string' ? nearest(item, words) : null
    const hint = meant === null ? '' : ` (did you mean ${meant}?)`
    return wrong(`a list with ${formOf(item, false)} in it${hint}`)
  }
  return value({ expected: `one or several of ${words.join(', ')}`, parse })
}

/** A program and its arguments. A text is a program without any: it is not taken apart. */
export function commandLine() {
  const parse = (raw: unknown): Parsed<readonly string[]> => {
    const words: unknown[] = Array.isArray(raw) ? raw : [raw]
    const isCommand = words.length > 0 && words.every((word) => typeof word === 'string' && word !== '')
    return isCommand ? ok(words.map(String)) : wrong()
  }
  // An argument may well be a secret.
  return value({ expected: 'a program, or a list of a program and its arguments', parse, secret: true })
}

/** Queues that Landfall itself works with. */
const OWN_QUEUES = ['schedule', 'requests', 'deliveries']

export function queueName() {
  const expected = `a name of letters, digits, - and _, other than ${OWN_QUEUES.join(', ')}`
  return text(expected, (raw) => (/^[\w-]{1,100}$/.test(raw) && !OWN_QUEUES.includes(raw) ? raw : null))
}

export function linkTemplate() {
  const expected = 'an http or https URL, with {account} and {migration_id} where those belong'
  return text(expected, (raw) => (/^https?:\/\//.test(raw) && URL.canParse(raw) ? raw : null))
}

function fromNullable<T>(read: T | null | undefined): Parsed<T> {
  return read === null || read === undefined ? wrong() : ok(read)
}

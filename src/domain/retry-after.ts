/** Nobody can make us wait longer than this with one header. */
export const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

const SECONDS = /^[+-]?\d+(\.\d+)?$/
const TIME = String.raw`(?<time>\d\d:\d\d:\d\d)`
const DAY_NAME = '(mon|tue|wed|thu|fri|sat|sun)[a-z]*'

/** The three forms of HTTP-date (RFC 9110, section 5.6.7): the fixed one, RFC 850's and asctime's. */
const DATES = [
  String.raw`^${DAY_NAME}, (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) ${TIME} GMT$`,
  String.raw`^${DAY_NAME}, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) ${TIME} GMT$`,
  String.raw`^${DAY_NAME} (?<month>[a-z]{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`,
].map((source) => new RegExp(source, 'i'))

interface DateParts {
  readonly day: string
  readonly month: string
  readonly year: string
  /** hh:mm:ss */
  readonly time: string
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * How long a `Retry-After` header asks us to wait: 0 for what is past, at most `MAX_RETRY_AFTER_MS`, null for what
 * cannot be read. Fractions of a second are no standard, but servers send them.
 */
export function parseRetryAfter(value: string, now: Date): number | null {
  const text = value.trim()
  const waitMs = SECONDS.test(text) ? Math.ceil(Number(text) * 1000) : millisecondsUntil(text, now)
  if (waitMs === null) return null
  return Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS)
}

function millisecondsUntil(text: string, now: Date): number | null {
  const time = parseHttpDate(text, now)
  return time === null ? null : time - now.getTime()
}

/** An HTTP-date as milliseconds since 1970, or null. `now` settles the century of two-digit years. */
export function parseHttpDate(text: string, now: Date): number | null {
  for (const form of DATES) {
    const parts = form.exec(text)?.groups as DateParts | undefined
    if (parts !== undefined) return timeOf(parts, now)
  }
  return null
}

function timeOf({ day, month, year, time }: DateParts, now: Date): number | null {
  const monthNumber = String(MONTHS.indexOf(month.toLowerCase()) + 1).padStart(2, '0')
  const iso = `${fullYear(year, now)}-${monthNumber}-${day.replace(' ', '0')}T${time}.000Z`
  const date = new Date(iso)
  // Some dates that do not exist, such as 31 February, parse as the one after; they do not come back the same.
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString() === iso
  return isReal ? date.getTime() : null
}

/** A two-digit year that seems over 50 years ahead means the past century (RFC 9110). */
function fullYear(digits: string, now: Date): string {
  if (digits.length === 4) return digits
  const thisYear = now.getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(digits)
  return String(year > thisYear + 50 ? year - 100 : year)
}

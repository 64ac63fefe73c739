import { type HeaderItem, parseHeaderItems } from './header-items.ts'
import { parseHttpDate } from './retry-after.ts'

/** What an answer's headers say of the provider's own limit. Null stands for what they do not say. */
export interface RateLimitHint {
  /** Requests left until the reset. */
  readonly remaining: number | null
  /** Time until more are given. */
  readonly resetMs: number | null
  /** Requests per window. */
  readonly limit: number | null
  readonly windowMs: number | null
}

/** A header's value by its name in small letters; several of one name are joined by commas. */
export type HeaderLookup = (name: string) => string | null

const NOTHING: RateLimitHint = { remaining: null, resetMs: null, limit: null, windowMs: null }
/** A time further away is a mistake or means something else. */
const LONGEST_MS = 24 * 3_600_000
/** Servers and we count whole seconds: what has just passed is now. */
const JUST_PASSED_MS = -1_500
const LARGEST_COUNT = 1e12

/**
 * Reads the rate limit headers in use: the IETF draft's `RateLimit` and `RateLimit-Policy` (draft 8 to 10, and draft 7's
 * dictionary), the older `RateLimit-Limit`, `-Remaining` and `-Reset`, and their forerunners with `X-`. Of several limits
 * it is the one that allows least. Null where the headers say nothing; what cannot be read counts as not said.
 */
export function parseRateLimit(header: HeaderLookup, now: Date): RateLimitHint | null {
  const clock = { now, serverMs: serverTime(header, now) }
  const hints = [
    ...structuredHints(header),
    dictionaryHint(header('ratelimit')),
    ...['ratelimit', 'x-ratelimit', 'x-rate-limit'].map((prefix) => plainHint(header, prefix, clock)),
  ]
  const said = hints.filter(isSomething)
  // What is left now weighs more than a policy, which may allow less at other times.
  const present = said.filter(({ remaining, resetMs }) => remaining !== null && resetMs !== null)
  const candidates = present.length > 0 ? present : said
  return candidates.length === 0 ? null : candidates.reduce((a, b) => (allowedBy(b) < allowedBy(a) ? b : a))
}

interface Clock {
  readonly now: Date
  readonly serverMs: number
}

/** A reset at a point in time is one on the server's clock, which need not agree with ours. */
function serverTime(header: HeaderLookup, now: Date): number {
  const date = header('date')
  return (date === null ? null : parseHttpDate(date.trim(), now)) ?? now.getTime()
}

function isSomething(hint: RateLimitHint | null): hint is RateLimitHint {
  return hint !== null && Object.values(hint).some((value) => value !== null)
}

/** Requests per millisecond. */
function allowedBy({ remaining, resetMs, limit, windowMs }: RateLimitHint): number {
  if (remaining !== null && resetMs !== null) return remaining / Math.max(1, resetMs)
  return limit !== null && windowMs !== null ? limit / windowMs : Number.POSITIVE_INFINITY
}

/** `RateLimit: "default";r=50;t=30` and `RateLimit-Policy: "default";q=100;w=60`, matched by name. */
function structuredHints(header: HeaderLookup): RateLimitHint[] {
  const policies = parseHeaderItems(header('ratelimit-policy') ?? '')
  const states = parseHeaderItems(header('ratelimit') ?? '')
  const countsRequests = ({ parameters }: HeaderItem) => (parameters.get('qu') ?? 'requests') === 'requests'
  const others = new Set(policies.filter((one) => !countsRequests(one)).map((one) => one.head))
  const named = new Map(policies.filter(countsRequests).map((one) => [one.head, policyOf(one)]))
  const current = states
    .filter((one) => !others.has(one.head))
    .map(({ head, parameters }) => ({
      ...(named.get(head) ?? NOTHING),
      remaining: countOf(parameters.get('r')),
      resetMs: secondsOf(parameters.get('t')),
    }))
  return [...current, ...named.values()]
}

/** The draft's `"name";q=100;w=60`, or its forerunner's `100;w=60`. */
function policyOf({ head, parameters }: HeaderItem): RateLimitHint {
  const windowMs = secondsOf(parameters.get('w'))
  const limit = countOf(parameters.get('q') ?? head)
  return limit === null || windowMs === null || windowMs === 0 ? NOTHING : { ...NOTHING, limit, windowMs }
}

/** `RateLimit: limit=100, remaining=50, reset=30` */
function dictionaryHint(text: string | null): RateLimitHint | null {
  if (text === null) return null
  const pairs = new Map(
    parseHeaderItems(text).map(
      ({ head }) => head.split('=', 2).map((part) => part.trim()) as [string, string],
    ),
  )
  const remaining = countOf(pairs.get('remaining'))
  return { ...NOTHING, limit: countOf(pairs.get('limit')), remaining, resetMs: secondsOf(pairs.get('reset')) }
}

function plainHint(header: HeaderLookup, prefix: string, clock: Clock): RateLimitHint {
  const left = listOf(header(`${prefix}-remaining`)).map(
    ({ head }) => countOf(head) ?? Number.POSITIVE_INFINITY,
  )
  // Where several limits stand side by side, each header lists them in the same order.
  const least = Math.max(0, left.indexOf(Math.min(...left)))
  const limits = listOf(header(`${prefix}-limit`))
  const limit = countOf((limits[least] ?? limits[0])?.head)
  const window = limits.find(({ head, parameters }) => parameters.has('w') && countOf(head) === limit)
  const windowMs = secondsOf(window?.parameters.get('w'))
  return {
    remaining: finite(left[least]),
    resetMs: resetOf(header(`${prefix}-reset`), least, clock),
    limit,
    windowMs: windowMs === 0 ? null : windowMs,
  }
}

function finite(n: number | undefined): number | null {
  return n !== undefined && Number.isFinite(n) ? n : null
}

function listOf(text: string | null): HeaderItem[] {
  if (text === null) return []
  // 5,000 is one number with a comma, not two.
  return parseHeaderItems(/^\s*\d{1,3}(,\d{3})+\s*$/.test(text) ? text.replaceAll(',', '') : text)
}

/** Seconds from now, a moment in seconds or milliseconds since 1970 (the size tells which), or an HTTP-date. */
function resetOf(text: string | null, index: number, { now, serverMs }: Clock): number | null {
  if (text === null) return null
  const date = parseHttpDate(text.trim(), now)
  if (date !== null) return plausible(date - serverMs)
  const items = listOf(text)
  const n = numberOf((items[index] ?? items[0])?.head)
  if (n === null) return null
  if (n > 1e11) return plausible(n - serverMs)
  return plausible(n > 1e9 ? n * 1000 - serverMs : n * 1000)
}

function secondsOf(text: string | undefined): number | null {
  const n = numberOf(text)
  return n === null ? null : plausible(n * 1000)
}

function plausible(ms: number): number | null {
  return ms >= JUST_PASSED_MS && ms <= LONGEST_MS ? Math.max(0, Math.ceil(ms)) : null
}

function countOf(text: string | undefined): number | null {
  const n = numberOf(text)
  return n === null || n > LARGEST_COUNT ? null : Math.floor(n)
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : null
}

/**
 * Learning whether a provider calls its first page 0 or 1, from pages that had to be read anyway.
 *
 * The first page is always asked for without a number, which is right for both. Before any other page, `page=1` is
 * asked for once: where it repeats the first page the base is 1; where it does not it is 0 and this was page 1.
 * Base 1 is sure only after a later page differed from the first: a list of one page looks the same under base 0
 * where a provider answers numbers beyond the end with its last page. A wrong base 1 would skip a page on every
 * walk, so doubt means asking again, and even a sure base is learned anew every hour.
 */
export interface PageBase {
  readonly base: 0 | 1 | null
  readonly sure: boolean
  readonly learnedAtMs: number
  /** The first page as it last was: what other pages are compared with while the base is in doubt. */
  readonly first: { readonly ids: ReadonlySet<string>; readonly readAtMs: number } | null
}

/** What to send for a page. `page` is the page asked for; `number` is the provider's, null for no number at all. */
export interface PageRequest {
  readonly kind: 'first' | 'probe' | 'page'
  readonly page: number
  readonly number: number | null
}

export const UNKNOWN_PAGE_BASE: PageBase = { base: null, sure: false, learnedAtMs: 0, first: null }

const RELEARN_AFTER_MS = 3_600_000
/** An older first page has shifted too far to be compared with. */
const FIRST_PAGE_USABLE_MS = 300_000

/** The one request to make when `page` (counted from 0) is wanted. */
export function nextPageRequest(known: PageBase, page: number, nowMs: number): PageRequest {
  if (page === 0) return { kind: 'first', page, number: null }
  if (known.base !== null) return { kind: 'page', page, number: page + known.base }
  const first = usableFirst(known, nowMs)
  if (first === null) return { kind: 'first', page, number: null }
  // Nothing to compare an empty first page with. Base 0 is the guess that repeats a page and never skips one.
  return first.size === 0 ? { kind: 'page', page, number: page } : { kind: 'probe', page, number: 1 }
}

/** What an answer teaches, and which page (counted from 0) it really was. */
export function nextPageBase(
  known: PageBase,
  request: PageRequest,
  ids: readonly string[],
  nowMs: number,
): { readonly known: PageBase; readonly page: number } {
  if (request.kind === 'first') return { known: rememberFirst(known, ids, nowMs), page: 0 }
  const first = usableFirst(known, nowMs)
  if (request.kind === 'page') return { known: confirmBase(known, first, ids), page: request.page }

  const repeats = first !== null && isMostlySame(first, ids)
  if (repeats) return { known: { ...known, base: 1, sure: false, learnedAtMs: nowMs }, page: 0 }
  return { known: { base: 0, sure: true, learnedAtMs: nowMs, first: null }, page: 1 }
}

function usableFirst(known: PageBase, nowMs: number): ReadonlySet<string> | null {
  const { first } = known
  return first !== null && nowMs - first.readAtMs <= FIRST_PAGE_USABLE_MS ? first.ids : null
}

function rememberFirst(known: PageBase, ids: readonly string[], nowMs: number): PageBase {
  const keeps = known.sure && nowMs - known.learnedAtMs < RELEARN_AFTER_MS
  if (keeps) return known
  return { ...known, base: null, sure: false, first: { ids: new Set(ids), readAtMs: nowMs } }
}

function confirmBase(known: PageBase, first: ReadonlySet<string> | null, ids: readonly string[]): PageBase {
  const inDoubt = known.base === 1 && !known.sure
  if (!inDoubt || first === null || ids.length === 0 || isMostlySame(first, ids)) return known
  return { ...known, sure: true, first: null }
}

/**
 * More than half of the larger page: rows shift between two requests, and a short second page may hold little but
 * what was just pushed off the first.
 */
function isMostlySame(first: ReadonlySet<string>, ids: readonly string[]): boolean {
  const shared = ids.filter((id) => first.has(id)).length
  return shared > Math.max(first.size, ids.length) / 2
}

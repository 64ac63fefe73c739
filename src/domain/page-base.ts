/**
 * Learning whether a provider calls its first page 0 or 1, from pages that had to be read anyway.
 *
 * The first page is always asked for without a number, which is right for both. Before any other page, `page=1` is
 * asked for once: where it does not repeat the first page the base is 0 and this was page 1. Where it does, the first
 * page is asked for again, since a second page looks like the first when new rows have just pushed it there; it looks
 * less, and not more, like a first page read later. Only what resembles both is the first page, and the base 1.
 * Even so it is sure only after a later page differed from the first: a list of one page looks the same under base 0
 * where a provider answers numbers beyond the end with its last page. A wrong base 1 would skip a page on every
 * walk, so doubt means asking again, and even a sure base is learned anew every hour.
 */
export interface PageBase {
  readonly base: 0 | 1 | null
  readonly sure: boolean
  readonly learnedAtMs: number
  /** The first page as it last was: what other pages are compared with while the base is in doubt. */
  readonly first: { readonly ids: ReadonlySet<string>; readonly readAtMs: number } | null
  /** What `page=1` gave, where that resembled the first page as it was before. */
  readonly probed: ReadonlySet<string> | null
}

/** What to send for a page. `page` is the page asked for; `number` is the provider's, null for no number at all. */
export interface PageRequest {
  /** `check` is the first page, to be compared with what `page=1` gave before it was asked for. */
  readonly kind: 'first' | 'probe' | 'check' | 'page'
  readonly page: number
  readonly number: number | null
}

export const UNKNOWN_PAGE_BASE: PageBase = {
  base: null,
  sure: false,
  learnedAtMs: 0,
  first: null,
  probed: null,
}

const RELEARN_AFTER_MS = 3_600_000
/** An older first page has shifted too far to be compared with. */
const FIRST_PAGE_USABLE_MS = 300_000

/** The one request to make when `page` (counted from 0) is wanted. */
export function nextPageRequest(known: PageBase, page: number, nowMs: number): PageRequest {
  if (known.base !== null && page > 0) return { kind: 'page', page, number: page + known.base }
  const first = usableFirst(known, nowMs)
  if (known.probed !== null && first !== null) return { kind: 'check', page, number: null }
  if (page === 0 || first === null) return { kind: 'first', page, number: null }
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
  switch (request.kind) {
    case 'first':
      return { known: rememberFirst(known, ids, nowMs), page: 0 }
    case 'probe':
      return takeProbe(known, ids, nowMs)
    case 'check':
      return { known: takeCheck(known, ids, nowMs), page: 0 }
    case 'page':
      return { known: confirmBase(known, usableFirst(known, nowMs), ids), page: request.page }
    default:
      return request.kind satisfies never
  }
}

function usableFirst(known: PageBase, nowMs: number): ReadonlySet<string> | null {
  const { first } = known
  return first !== null && nowMs - first.readAtMs <= FIRST_PAGE_USABLE_MS ? first.ids : null
}

function rememberFirst(known: PageBase, ids: readonly string[], nowMs: number): PageBase {
  const keeps = known.sure && nowMs - known.learnedAtMs < RELEARN_AFTER_MS
  // Where `page=1` is to be checked, this may have been asked for before that was.
  const awaitsCheck = known.probed !== null && usableFirst(known, nowMs) !== null
  if (keeps || awaitsCheck) return known
  return { ...UNKNOWN_PAGE_BASE, first: { ids: new Set(ids), readAtMs: nowMs } }
}

function takeProbe(known: PageBase, ids: readonly string[], nowMs: number): ReturnType<typeof nextPageBase> {
  // Somebody else's answer came first.
  if (known.base !== null) return { known, page: known.base === 1 ? 0 : 1 }
  const first = usableFirst(known, nowMs)
  if (first !== null && isMostlySame(first, ids))
    return { known: { ...known, probed: new Set(ids) }, page: 0 }
  return { known: sureOfZero(nowMs), page: 1 }
}

function takeCheck(known: PageBase, ids: readonly string[], nowMs: number): PageBase {
  if (known.probed === null) return rememberFirst(known, ids, nowMs)
  if (!isMostlySame(known.probed, ids)) return sureOfZero(nowMs)
  return { ...UNKNOWN_PAGE_BASE, base: 1, learnedAtMs: nowMs, first: { ids: new Set(ids), readAtMs: nowMs } }
}

const sureOfZero = (nowMs: number): PageBase => ({
  ...UNKNOWN_PAGE_BASE,
  base: 0,
  sure: true,
  learnedAtMs: nowMs,
})

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

/** An account's two walks: over everything, and where new rows appear. */
export type WalkKind = 'sweep' | 'look'

/**
 * Walking a list whose rows shift while it is walked.
 *
 * Pages are asked for one by one. New rows push others to later pages, deletions pull them to earlier ones: a walk
 * down can miss what is pulled up past it, a walk up what is pushed down past it. Sweeps therefore alternate, so that
 * no row is hidden by the same drift twice, and an account's baseline takes one of each.
 *
 *   down: 0, 1, 2, … until the end is sure
 *   up:   seek the end from where it last was, then back to 0
 *   look: the first page, and on only while most rows were new
 *   tail: from the last known page to the end (or back to it), where a list shows its oldest rows first
 */
export type Walk = {
  readonly kind: 'sweep' | 'look' | 'tail'
  readonly direction: 'down' | 'up'
  /** The page to ask for next; 0 is the first. */
  readonly page: number
  /** Walking up begins by looking for the end. */
  readonly seeking: boolean
  /** Rows of the fullest page so far: what a full page means here, since providers clamp the size asked for. */
  readonly fullSize: number
  /** Last page that had rows of its own. */
  readonly lastPage: number
  /** The first page; on the way up what was shown beyond the end. A later page like it is none of its own. */
  readonly firstIds: readonly string[]
  /** The page before. */
  readonly previousIds: readonly string[]
  /** Whether the page before was short of a full one. */
  readonly previousShort: boolean
  /** By how much pages of which more than half was on the page before (or the first) outnumber the others. */
  readonly repeats: number
  /** Creation times on the first and the last page with rows, to learn where new rows appear. */
  readonly firstPageCreated: CreatedRange | null
  readonly lastPageCreated: CreatedRange | null
  /** Pages that can be read, where the provider refused the next one as too deep; missing where it did not. */
  readonly depth?: number
  /** Rows of the last page above that depth. */
  readonly deepestSize?: number
}

/** Earliest and latest creation time on a page, in RFC 3339. */
export type CreatedRange = { readonly min: string; readonly max: string }

/** Where new rows appear in an account's list: on its first page, on its last, or anywhere. */
export type FreshEnd = 'first' | 'last' | 'anywhere'

/** What the walk needs to know of a page. */
export interface PageSeen {
  /** The page this really was; a client that is still learning the provider's first index may answer another. */
  readonly page: number
  readonly size: number
  readonly ids: readonly string[]
  readonly created: CreatedRange | null
  readonly hasMore: boolean | null
  /** Whether more than half of the rows were unknown until now: then more may be on the next page. */
  readonly mostlyNew: boolean
}

export type Step =
  | { readonly kind: 'go_on'; readonly walk: Walk }
  | { readonly kind: 'complete'; readonly walk: Walk }

/** No list that a provider means to serve has more pages; a walk that gets here goes in circles. */
export const MAX_PAGES = 200_000

/**
 * So many more pages with mostly known rows than with others are one and the same, which is served for every number
 * beyond the end of a list that keeps growing. (Pages look the same where rows are pushed down, but not for so long.)
 */
const MAX_REPEATS = 20

const fresh = {
  fullSize: 0,
  lastPage: 0,
  firstIds: [],
  previousIds: [],
  previousShort: false,
  repeats: 0,
} as const
const unread = { firstPageCreated: null, lastPageCreated: null } as const

export function startSweep(direction: 'down' | 'up', knownLastPage: number): Walk {
  const up = direction === 'up'
  return { kind: 'sweep', direction, page: up ? knownLastPage + 1 : 0, seeking: up, ...fresh, ...unread }
}

/** Reads where new rows appear: the first page, or from the last known page to the end. */
export function startLook(freshEnd: FreshEnd, knownLastPage: number): Walk {
  const tail = freshEnd === 'last'
  const kind = tail ? 'tail' : 'look'
  return { kind, direction: 'down', page: tail ? knownLastPage : 0, seeking: false, ...fresh, ...unread }
}

/** Where the walk goes after a page. */
export function nextStep(walk: Walk, seen: PageSeen): Step {
  // The client has just learned that its first index was off by one: the same page again.
  if (seen.page !== walk.page) return { kind: 'go_on', walk }
  if (walk.kind === 'tail') return stepTail(walk, seen)
  return walk.direction === 'down' ? stepDown(walk, seen) : stepUp(walk, seen)
}

/** Where the walk goes after its page was refused as too deep: to the walk, the list ends above it. */
export function stepAtDepth(walk: Walk): Step {
  const { page, depth, fullSize, previousShort } = walk
  const refused = { ...walk, depth: page }
  if (walk.direction === 'down') {
    return { kind: 'complete', walk: { ...refused, deepestSize: previousShort ? 0 : fullSize } }
  }
  // The page above was refused just before: the list can be read to far less than it could, and the end is sought anew.
  const isFarOff = depth === page + 1
  const next = isFarOff ? Math.floor(page / 2) : page - 1
  return {
    kind: 'go_on',
    walk: { ...refused, page: Math.max(0, next), seeking: isFarOff, firstIds: [], previousIds: [] },
  }
}

/**
 * Pages that a finished sweep could read where there are more; null where it came to the list's end. Some providers refuse
 * every number beyond the end: then the last page is short, as far as that can be told.
 */
export function depthOf(walk: Walk, pageSize: number): number | null {
  const full = walk.lastPage === 0 ? pageSize : walk.fullSize
  return walk.depth === undefined || (walk.deepestSize ?? 0) < full ? null : walk.depth
}

function stepDown(walk: Walk, seen: PageSeen): Step {
  const fullSize = Math.max(walk.fullSize, seen.size)
  const { nothing, repeats } = compare(walk, seen)
  const short = nothing || seen.size < fullSize
  const after = advance(walk, seen, { page: walk.page + 1, fullSize, previousShort: short })

  // An empty page behind a full one may be a hole; behind a short or an empty one it is the end.
  const ended = (nothing && walk.previousShort) || repeats >= MAX_REPEATS || walk.page >= MAX_PAGES
  const saidSo = seen.hasMore === false && short
  const caughtUp = walk.kind === 'look' && !seen.mostlyNew
  return { kind: ended || saidSo || caughtUp ? 'complete' : 'go_on', walk: after }
}

function stepTail(walk: Walk, seen: PageSeen): Step {
  // Nothing on the first page of this walk: the list has become shorter, and its end lies further up.
  const back = seen.size === 0 && walk.fullSize === 0
  const fullSize = Math.max(walk.fullSize, seen.size)
  const after = advance(walk, seen, { page: Math.max(0, walk.page + (back ? -1 : 1)), fullSize })
  const done = back ? walk.page === 0 : isEnd(walk, seen)
  return { kind: done ? 'complete' : 'go_on', walk: after }
}

function stepUp(walk: Walk, seen: PageSeen): Step {
  if (walk.seeking) return { kind: 'go_on', walk: seekEnd(walk, seen) }
  const isDeepest = walk.depth === walk.page + 1
  const after = advance(walk, seen, {
    page: Math.max(0, walk.page - 1),
    fullSize: Math.max(walk.fullSize, seen.size),
    ...(isDeepest ? { deepestSize: seen.size } : {}),
  })
  return { kind: walk.page === 0 ? 'complete' : 'go_on', walk: after }
}

/** On until a page brings nothing, then back. Pages on the way back that look like it are not the list's last. */
function seekEnd(walk: Walk, seen: PageSeen): Walk {
  const { repeats } = compare(walk, seen)
  if (!isEnd(walk, seen)) return { ...walk, page: walk.page + 1, previousIds: seen.ids, repeats }
  return { ...walk, page: Math.max(0, walk.page - 1), seeking: false, firstIds: seen.ids, previousIds: [] }
}

function isEnd(walk: Walk, seen: PageSeen): boolean {
  const { nothing, repeats } = compare(walk, seen)
  return nothing || repeats >= MAX_REPEATS || walk.page >= MAX_PAGES
}

/**
 * A page is as good as empty where it only repeats its neighbour or the first page, as some providers do for numbers
 * beyond the end.
 */
function compare(walk: Walk, seen: PageSeen): { readonly nothing: boolean; readonly repeats: number } {
  if (seen.size === 0) return { nothing: true, repeats: walk.repeats }
  const first = walk.page > 0 ? walk.firstIds : []
  const known = Math.max(countShared(walk.previousIds, seen.ids), countShared(first, seen.ids))
  const isMostlyKnown = known > seen.ids.length / 2
  const repeats = Math.max(0, walk.repeats + (isMostlyKnown ? 1 : -1))
  return { nothing: known > 0 && known === seen.ids.length, repeats }
}

function countShared(known: readonly string[], ids: readonly string[]): number {
  const set = new Set(known)
  return ids.filter((id) => set.has(id)).length
}

function advance(walk: Walk, seen: PageSeen, change: Partial<Walk>): Walk {
  const { nothing, repeats } = compare(walk, seen)
  const previousIds = seen.size === 0 ? walk.previousIds : seen.ids
  if (nothing) return { ...walk, ...change, previousIds, repeats }
  const isLast = walk.page >= walk.lastPage
  return {
    ...walk,
    ...change,
    lastPage: Math.max(walk.lastPage, walk.page),
    firstIds: walk.page === 0 ? seen.ids : walk.firstIds,
    previousIds,
    repeats,
    firstPageCreated: walk.page === 0 ? seen.created : walk.firstPageCreated,
    lastPageCreated: isLast ? seen.created : walk.lastPageCreated,
  }
}

/** Where new rows appear, as a finished sweep showed it. */
export function freshEndOf(walk: Walk): FreshEnd {
  const { firstPageCreated: first, lastPageCreated: last } = walk
  if (walk.lastPage === 0 || first === null || last === null) return 'first'
  if (first.min >= last.max) return 'first'
  return first.max <= last.min ? 'last' : 'anywhere'
}

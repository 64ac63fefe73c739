import type { SimulatorSettings } from './options.ts'

export type PageSettings = Pick<
  SimulatorSettings,
  'pageBase' | 'pageZero' | 'maxPageSize' | 'refusedPageSize' | 'listedRows' | 'envelope' | 'totals'
>

/** Which slice of the list is asked for. */
export type PageRequest =
  | { readonly kind: 'page'; readonly index: number; readonly page: number; readonly pageSize: number }
  /** A page that holds nothing, whatever the list holds. */
  | { readonly kind: 'empty'; readonly page: number; readonly pageSize: number }
  | { readonly kind: 'invalid'; readonly reason: string }

const DEFAULT_PAGE_SIZE = 10

export function parsePageRequest(query: URLSearchParams, settings: PageSettings): PageRequest {
  const { pageBase, pageZero } = settings
  const page = parseWhole(query.get('page') ?? String(pageBase))
  const asked = parseWhole(query.get('page_size') ?? String(DEFAULT_PAGE_SIZE))
  if (page === null) return { kind: 'invalid', reason: 'page must be a whole number that is not negative' }
  if (asked === null || asked === 0)
    return { kind: 'invalid', reason: 'page_size must be a whole number above 0' }
  const { refusedPageSize: refused } = settings
  if (refused !== null && asked > refused)
    return { kind: 'invalid', reason: `page_size must be at most ${refused}` }
  const pageSize = Math.min(asked, settings.maxPageSize)

  const { listedRows: listed } = settings
  if (listed !== null && (page - pageBase) * pageSize >= listed)
    return { kind: 'invalid', reason: `only the first ${listed} migrations are listed` }

  if (page >= pageBase) return { kind: 'page', index: page - pageBase, page, pageSize }
  if (pageZero === 'bad_request') return { kind: 'invalid', reason: 'page must be at least 1' }
  if (pageZero === 'empty') return { kind: 'empty', page, pageSize }
  return { kind: 'page', index: 0, page, pageSize }
}

function parseWhole(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

export function pageOf<T>(
  rows: readonly T[],
  request: Exclude<PageRequest, { kind: 'invalid' }>,
): readonly T[] {
  if (request.kind === 'empty') return []
  const first = request.index * request.pageSize
  return rows.slice(first, first + request.pageSize)
}

/** What the page is wrapped in. */
export function envelopeOf(
  objects: readonly unknown[],
  request: Exclude<PageRequest, { kind: 'invalid' }>,
  total: number,
  settings: PageSettings,
): unknown {
  if (settings.envelope === 'array') return objects
  const body = { [settings.envelope]: objects }
  if (!settings.totals) return body
  const index = request.kind === 'empty' ? -1 : request.index
  return {
    ...body,
    total,
    page: request.page,
    page_size: request.pageSize,
    has_more: (index + 1) * request.pageSize < total,
  }
}

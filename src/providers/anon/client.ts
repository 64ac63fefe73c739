import { nextPageBase, nextPageRequest, UNKNOWN_PAGE_BASE } from '../../domain/page-base.ts'
import type { StatusMap } from '../../domain/phase.ts'
import type { Reading } from '../../domain/reading.ts'
import { unusable } from '../answers.ts'
import { type ApiKey, keyOf } from '../api-key.ts'
import { createProviderHttp, type HttpLimits } from '../http.ts'
import { pathSegment } from '../path-segment.ts'
import type { Answer, ListedProvider, Page } from '../provider.ts'
import { parseMigration, parsePage } from './map.ts'
import { createStart } from './start.ts'
import { ANON_STATUS_MAP } from './status-map.ts'

export interface AnonOptions {
  readonly apiKey: ApiKey
  readonly baseUrl: string
  /** Statuses of this account that the provider's documentation does not name, or a different view of those it does. */
  readonly statusMap?: StatusMap | undefined
  readonly limits?: Partial<HttpLimits> | undefined
}

/** Relative, so that a base URL may have a path of its own. */
const MIGRATIONS = 'api/v1/migrations'

/** Anon's Migrations API v1. Every call is one HTTP request. */
export function createAnonProvider(options: AnonOptions): ListedProvider {
  const statusMap: StatusMap = { ...ANON_STATUS_MAP, ...options.statusMap }
  const http = createProviderHttp({
    baseUrl: options.baseUrl,
    headers: () => ({ authorization: `Bearer ${keyOf(options.apiKey)}` }),
    limits: options.limits,
  })
  let pageBase = UNKNOWN_PAGE_BASE

  async function get(migrationId: string, signal: AbortSignal): Promise<Answer<Reading>> {
    const segment = pathSegment(migrationId)
    if (segment === null) return unusable('the id cannot be part of an address', false)
    const answer = await http.getJson(`${MIGRATIONS}/${segment}`, {}, signal)
    if (answer.kind !== 'ok') return answer
    return { ...parseMigration(answer.value, migrationId, statusMap), rateLimit: answer.rateLimit }
  }

  async function list(page: number, pageSize: number, signal: AbortSignal): Promise<Answer<Page>> {
    const request = nextPageRequest(pageBase, page, Date.now())
    const numbered = request.number === null ? {} : { page: request.number }
    const answer = await http.getJson(MIGRATIONS, { ...numbered, page_size: pageSize }, signal)
    // Not `missing`: that would speak of one migration.
    if (answer.kind === 'missing' && request.number === null)
      return unusable('there is no list at the address', false)
    if (answer.kind !== 'ok' && answer.kind !== 'missing') return answer
    const { rateLimit } = answer

    // Some servers answer 404 to page numbers beyond the end, and 204 to what is empty.
    const parsed = parsePage(
      answer.kind === 'ok' && answer.value !== undefined ? answer.value : [],
      statusMap,
    )
    if (parsed.kind !== 'ok') return { ...parsed, rateLimit }
    const ids = parsed.value.readings.map((reading) => reading.migrationId)
    const learned = nextPageBase(pageBase, request, ids, Date.now())
    pageBase = learned.known
    return { kind: 'ok', value: { page: learned.page, ...parsed.value }, rateLimit }
  }

  return {
    kind: 'anon',
    statusMap,
    get,
    list,
    create: { isRepeatable: false, send: createStart(http, statusMap) },
    close: () => http.close(),
  }
}

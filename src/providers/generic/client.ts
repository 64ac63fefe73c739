import type { ApiDescription } from '../../domain/api-description.ts'
import { nextPageBase, nextPageRequest, UNKNOWN_PAGE_BASE } from '../../domain/page-base.ts'
import type { StatusMap } from '../../domain/phase.ts'
import { unusable } from '../answers.ts'
import { type ApiKey, keyOf } from '../api-key.ts'
import { createProviderHttp, type HttpLimits } from '../http.ts'
import { pathSegment } from '../path-segment.ts'
import type { Answer, Provider } from '../provider.ts'
import { parseItem, parseItems } from './map.ts'

export interface GenericOptions {
  readonly apiKey: ApiKey
  readonly baseUrl: string
  readonly api: ApiDescription
  readonly statusMap: StatusMap
  readonly limits?: Partial<HttpLimits> | undefined
}

/** Any API of long-running jobs that a description fits. Every call is one HTTP request. */
export function createGenericProvider({ apiKey, baseUrl, api, statusMap, limits }: GenericOptions): Provider {
  const scheme = api.keyScheme === null ? '' : `${api.keyScheme} `
  const headers = () => ({ [api.keyHeader]: `${scheme}${keyOf(apiKey)}` })
  const http = createProviderHttp({ baseUrl, headers, limits })

  const get: Provider['get'] = async (migrationId, signal) => {
    const segment = pathSegment(migrationId)
    if (segment === null) return unusable('the id cannot be part of an address', false)
    const answer = await http.getJson(
      api.get.replace('{id}', () => segment),
      {},
      signal,
    )
    if (answer.kind !== 'ok') return answer
    return { ...parseItem(answer.value, migrationId, api, statusMap), rateLimit: answer.rateLimit }
  }

  const base = { kind: 'generic', statusMap, get, close: () => http.close() }
  return api.list === undefined ? base : { ...base, list: createLister(http, api, api.list, statusMap) }
}

function createLister(
  http: ReturnType<typeof createProviderHttp>,
  api: ApiDescription,
  path: string,
  statusMap: StatusMap,
): NonNullable<Provider['list']> {
  let pageBase = UNKNOWN_PAGE_BASE
  return async (page, pageSize, signal) => {
    const { pageParameter, pageSizeParameter } = api
    const request = nextPageRequest(pageBase, page, Date.now())
    const query = {
      ...(pageParameter !== null && request.number !== null ? { [pageParameter]: request.number } : {}),
      ...(pageSizeParameter === null ? {} : { [pageSizeParameter]: pageSize }),
    }
    const answer = await http.getJson(path, query, signal)
    if (answer.kind === 'missing' && request.number === null)
      return unusable('there is no list at the address', false)
    if (answer.kind !== 'ok' && answer.kind !== 'missing') return answer
    const { rateLimit } = answer
    const parsed = pageIn(answer, api, statusMap)
    if (parsed.kind !== 'ok') return { ...parsed, rateLimit }
    const ids = parsed.value.readings.map((reading) => reading.migrationId)
    const learned = nextPageBase(pageBase, request, ids, Date.now())
    pageBase = learned.known
    return { kind: 'ok', value: { page: learned.page, ...parsed.value }, rateLimit }
  }
}

/** Some servers answer 404 to page numbers beyond the end, and 204 to what is empty. */
function pageIn(
  answer: Extract<Answer<unknown>, { kind: 'ok' | 'missing' }>,
  api: ApiDescription,
  statusMap: StatusMap,
): ReturnType<typeof parseItems> {
  if (answer.kind === 'ok' && answer.value !== undefined) return parseItems(answer.value, api, statusMap)
  return { kind: 'ok', value: { readings: [], size: 0, malformed: 0, hasMore: false } }
}

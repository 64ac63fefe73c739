import type { StatusMap } from '../../domain/phase.ts'
import type { Reading } from '../../domain/reading.ts'
import { answerOfStatus, rateLimitOf, unusable } from '../answers.ts'
import { type ApiKey, keyOf } from '../api-key.ts'
import { createProviderHttp, type HttpLimits, type ProviderHttp } from '../http.ts'
import { pathSegment } from '../path-segment.ts'
import type { Answer, Provider } from '../provider.ts'
import { createVernActions, type VernActions } from './actions.ts'
import { parseFiles, parseLog, parseRun } from './map.ts'
import { VERN_STATUS_MAP } from './status-map.ts'

export interface VernOptions {
  readonly apiKey: ApiKey
  readonly baseUrl: string
  /** The header that carries the key. */
  readonly keyHeader?: string | undefined
  readonly statusMap?: StatusMap | undefined
  readonly limits?: Partial<HttpLimits> | undefined
}

export interface VernProvider extends Provider {
  readonly actions: VernActions
}

/**
 * Vern's Migration API. Every call is one HTTP request. There is no request that reads a migration: its status is that of
 * its run, and while no run is known what its session log says, or, in versions without one, its files.
 */
export function createVernProvider(options: VernOptions): VernProvider {
  const statusMap: StatusMap = { ...VERN_STATUS_MAP, ...options.statusMap }
  const http = createProviderHttp({
    baseUrl: options.baseUrl,
    headers: () => ({ [options.keyHeader ?? 'x-api-key']: keyOf(options.apiKey) }),
    limits: options.limits,
  })
  const readOwn = createOwnReader(http, statusMap)
  const actions = createVernActions(http, statusMap)

  async function get(
    migrationId: string,
    signal: AbortSignal,
    runId: string | null = null,
  ): Promise<Answer<Reading>> {
    const segment = pathSegment(migrationId)
    const run = runId === null ? null : pathSegment(runId)
    if (segment === null || (runId !== null && run === null))
      return unusable('the id cannot be part of an address', false)
    if (runId === null) return readOwn(migrationId, segment, signal)
    const answer = await http.getJson(`migrations/${segment}/runs/${run}`, {}, signal)
    if (answer.kind !== 'ok') return answer
    return { ...parseRun(answer.value, migrationId, runId, statusMap), rateLimit: answer.rateLimit }
  }

  return {
    kind: 'vern',
    statusMap,
    get,
    check: (signal) => http.getJson('sources', {}, signal),
    create: { isRepeatable: true, send: actions.create },
    actions,
    close: () => http.close(),
  }
}

/** Whether there is a session log shows with the first migration that has files, or one, and not both. */
function createOwnReader(http: ProviderHttp, statusMap: StatusMap) {
  let hasLog: boolean | null = null

  async function readLog(id: string, segment: string, signal: AbortSignal): Promise<Answer<Reading>> {
    const reply = await http.exchange(
      { method: 'GET', path: `migrations/${segment}/log?format=json` },
      signal,
    )
    if (reply.kind === 'none') return unusable(reply.reason, reply.reason !== 'stopped')
    const rateLimit = rateLimitOf(reply.headers, new Date())
    // 409 only says that the log is not complete, and has the status all the same.
    if (reply.statusCode === 200 || reply.statusCode === 409) {
      hasLog = true
      return { ...parseLog(reply.body, id, statusMap), ...rateLimit }
    }
    if (reply.statusCode === 404 && hasLog !== true) {
      hasLog = false
      return {
        ...unusable('there is no session log at the address; the files are asked for next', true),
        ...rateLimit,
      }
    }
    const said = answerOfStatus(reply.statusCode, reply.headers, new Date())
    return { ...(said ?? unusable(`answered ${reply.statusCode}`, false)), ...rateLimit }
  }

  return async (id: string, segment: string, signal: AbortSignal): Promise<Answer<Reading>> => {
    if (hasLog !== false) return readLog(id, segment, signal)
    const answer = await http.getJson(`migrations/${segment}/files`, {}, signal)
    // It may have been the migration that was missing, and not the log.
    if (answer.kind === 'missing') hasLog = null
    return answer.kind === 'ok'
      ? { ...parseFiles(answer.value, id, statusMap), rateLimit: answer.rateLimit }
      : answer
  }
}

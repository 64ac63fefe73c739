import type { StatusMap } from '../../domain/phase.ts'
import type { ProviderHttp } from '../http.ts'
import { refusalOf } from '../http-exchange.ts'
import type { Creating } from '../provider.ts'
import { parseReading } from './map.ts'

/**
 * Starts a migration. Anon knows no idempotency and keeps no external id: sent a second time, this starts a second
 * migration.
 */
export function createStart(http: ProviderHttp, statusMap: StatusMap): Creating['send'] {
  return async (request, _externalId, signal) => {
    const reply = await http.exchange(
      { method: 'POST', path: 'api/v1/migrations/start', body: request },
      signal,
    )
    if (reply.kind === 'none')
      return reply.sent ? { kind: 'lost', reason: reply.reason } : { kind: 'not_sent', reason: reply.reason }
    const refused = refusalOf(reply)
    if (refused !== null) return refused
    const reading = parseReading(reply.body, statusMap)
    return reading === null
      ? { kind: 'lost', reason: 'the answer is no migration' }
      : { kind: 'done', value: { reading, isNew: true } }
  }
}

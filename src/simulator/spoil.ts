import type { Fault } from './faults.ts'
import type { SimulatorSettings } from './options.ts'
import { pick, type Random } from './random.ts'
import { retryAfterHeaders } from './rate-limit.ts'
import { errorReply, htmlPage, jsonReply, type Reply } from './wire.ts'

export interface SpoilContext {
  readonly path: string
  readonly nowMs: number
  readonly next: Random
  readonly settings: Pick<SimulatorSettings, 'errorBody' | 'retryAfterSeconds'>
}

/** What a fault makes of an answer's content. Faults that strike the list or the socket leave it alone. */
export function spoilReply(reply: Reply, fault: Fault, context: SpoilContext): Reply {
  const { settings, nowMs } = context
  const waitMs = settings.retryAfterSeconds * 1000
  switch (fault.kind) {
    case '401':
    case '403':
    case '404':
    case '429':
      return errorReply(Number(fault.kind), 'as the simulator was told', settings.errorBody)
    case '429_retry_after': {
      const headers = retryAfterHeaders(fault.form === 'date' ? 'date' : 'seconds', waitMs, nowMs)
      return errorReply(429, 'too many requests', settings.errorBody, headers)
    }
    case '5xx': {
      const headers = fault.form === '503_retry_after' ? retryAfterHeaders('seconds', waitMs, nowMs) : {}
      // Gateways answer in HTML, applications in JSON, and some in nothing.
      const style = pick<SimulatorSettings['errorBody']>(context.next, ['json', 'html', 'none'])
      return errorReply(Number(fault.form.slice(0, 3)), 'server error', style, headers)
    }
    case 'html':
      return {
        statusCode: 200,
        headers: { 'content-type': 'text/html' },
        body: htmlPage('Scheduled maintenance'),
      }
    case 'truncated':
      return { ...reply, body: reply.body.slice(0, Math.ceil(reply.body.length / 2)) }
    case 'wrong_types':
      return reply.statusCode === 200
        ? jsonReply(wrongTypes(JSON.parse(reply.body), fault.form, context.next))
        : reply
    case 'redirect':
      return { statusCode: 302, headers: { location: `/moved${context.path}` }, body: '' }
    case 'gzip_garbage':
      return { ...reply, headers: { ...reply.headers, 'content-encoding': 'gzip' } }
    case 'hang':
    case 'reset':
    case 'slow_body':
    case 'huge_body':
    case 'stale_list':
    case 'empty_page':
    case 'duplicate_rows':
      return reply
  }
}

function wrongTypes(body: unknown, form: string, next: Random): unknown {
  const list = listIn(body)
  if (!list) return form === 'other_shape' ? [body] : wrongObject(body, form)
  if (form === 'other_shape') return { object: 'list', message: 'see the new endpoint' }
  // One bad object: the others of the page are as good as ever.
  const index = Math.floor(next() * list.length)
  if (list.length > 0) list[index] = wrongObject(list[index], form)
  return body
}

function listIn(body: unknown): unknown[] | null {
  if (Array.isArray(body)) return body
  if (typeof body !== 'object' || body === null) return null
  return Object.values(body).find((value) => Array.isArray(value)) ?? null
}

function wrongObject(value: unknown, form: string): unknown {
  const object = typeof value === 'object' && value !== null ? value : {}
  if (form === 'status_number') return { ...object, status: 3 }
  if (form === 'id_null') return { ...object, id: null }
  // A task of the migration, failed: a trap for whoever reads `status` and not `object`.
  const id = 'id' in object ? object.id : null
  return { object: 'migration_task', id, migration_id: id, status: 'FAILED', data_type: 'EmployeeRoster' }
}

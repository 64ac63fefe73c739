import type { SimulatorSettings } from './options.ts'
import { hashOf } from './random.ts'
import { type Row, statusAt, statusesUntil } from './world.ts'

/** An answer, before anything happens to it. */
export interface Reply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type ErrorBody = SimulatorSettings['errorBody']
type TimeStyle = SimulatorSettings['timeStyle']

/** What really is: the yardstick for what a poller has seen. */
export interface TrueMigration {
  readonly id: string
  readonly companyId: string | null
  /** As precise as the API shows it, with `Z`. */
  readonly createdAt: string
  readonly status: string
  /** Every status so far, the one it was created with first; `at` is the first millisecond at which it shows. */
  readonly changes: readonly { readonly at: string; readonly status: string }[]
}

export function migrationObject(row: Row, atMs: number, epochMs: number, style: TimeStyle) {
  const created = createdText(row, epochMs, style)
  return {
    object: 'migration',
    id: row.id,
    created: style === 'zoneless' ? created.slice(0, -1) : created,
    status: statusAt(row, atMs),
    created_by_user_id: row.userId,
    company_id: row.companyId,
    // A field nobody has documented, on some.
    ...(hashOf(row.id, 7) % 4 === 0 ? { source_provider: 'gusto' } : {}),
  }
}

export function trueMigration(row: Row, atMs: number, epochMs: number, style: TimeStyle): TrueMigration {
  return {
    id: row.id,
    companyId: row.companyId,
    createdAt: createdText(row, epochMs, style),
    status: statusAt(row, atMs),
    changes: statusesUntil(row, atMs).map((one) => ({
      at: new Date(epochMs + one.atMs).toISOString(),
      status: one.status,
    })),
  }
}

function createdText(row: Row, epochMs: number, style: TimeStyle): string {
  const us = epochMs * 1000 + row.createdUs
  const ms = Math.floor(us / 1000)
  const text = new Date(ms).toISOString()
  if (style === 'z') return `${text.slice(0, 19)}Z`
  return `${text.slice(0, 23)}${String(us - ms * 1000).padStart(3, '0')}Z`
}

export function jsonReply(value: unknown, statusCode = 200): Reply {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

export function errorReply(
  statusCode: number,
  message: string,
  style: ErrorBody,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  if (style === 'none') return { statusCode, headers, body: '' }
  if (style === 'json') {
    const reply = jsonReply({ error: { message } }, statusCode)
    return { ...reply, headers: { ...reply.headers, ...headers } }
  }
  return { statusCode, headers: { 'content-type': 'text/html', ...headers }, body: htmlPage(message) }
}

export function htmlPage(title: string): string {
  return `<!doctype html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`
}

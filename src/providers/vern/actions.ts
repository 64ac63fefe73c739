import type { StatusMap } from '../../domain/phase.ts'
import type { RunKind } from '../../domain/run-kind.ts'
import type { ProviderHttp } from '../http.ts'
import { fieldOf, type Reply, refusalOf } from '../http-exchange.ts'
import { pathSegment } from '../path-segment.ts'
import type { Created, CreationRequest, Outcome } from '../provider.ts'
import { parseMigration } from './map.ts'
import { wireSigned, wireStarted } from './wire.ts'

interface StartRun {
  readonly kind: RunKind
  /** What to change (`update`), or to ask (`clarify`). */
  readonly message?: string | undefined
}

interface StartedRun {
  readonly runId: string
  /** False where another run was in the way, which is as good: one run of a migration is under way at a time. */
  readonly isNew: boolean
}

export interface SignedFile {
  readonly name: string
  readonly url: string
  readonly contentType: string | null
}

/** A run, by its migration. */
interface RunAt {
  readonly migrationId: string
  readonly runId: string
}

type Answers = readonly { readonly id: string; readonly value: string }[] | string

/** What can be done at Vern. Each call is one request, never repeated; what came of it is told in words. */
export interface VernActions {
  create(request: CreationRequest, externalId: string, signal: AbortSignal): Promise<Outcome<Created>>
  sources(signal: AbortSignal): Promise<Outcome<readonly unknown[]>>
  templates(signal: AbortSignal): Promise<Outcome<readonly unknown[]>>
  /** Where to put files; each address can be used once. */
  signFiles(
    migrationId: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Outcome<readonly SignedFile[]>>
  startRun(migrationId: string, start: StartRun, signal: AbortSignal): Promise<Outcome<StartedRun>>
  answer(run: RunAt, answers: Answers, signal: AbortSignal): Promise<Outcome<null>>
  giveCredentials(
    run: RunAt,
    credentials: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Outcome<null>>
  cancel(run: RunAt, signal: AbortSignal): Promise<Outcome<null>>
  preview(migrationId: string, signal: AbortSignal): Promise<Outcome<unknown>>
  /** A sheet's rows as CSV. */
  exportCsv(migrationId: string, slug: string, signal: AbortSignal): Promise<Outcome<CsvExport>>
}

interface CsvExport {
  readonly body: AsyncIterable<Uint8Array>
  readonly records: number | null
}

const FOREIGN = { kind: 'lost', reason: 'the answer is not of the documented form' } as const

export function createVernActions(http: ProviderHttp, statusMap: StatusMap): VernActions {
  type Method = 'GET' | 'POST' | 'PATCH'
  async function ask<T>(
    [method, path, body]: readonly [Method, string | null, object?],
    signal: AbortSignal,
    read: (reply: Reply) => Outcome<T>,
  ): Promise<Outcome<T>> {
    if (path === null) return { kind: 'not_sent', reason: 'the id cannot be part of an address' }
    const reply = await http.exchange({ method, path, body }, signal)
    if (reply.kind === 'none')
      return reply.sent ? { kind: 'lost', reason: reply.reason } : { kind: 'not_sent', reason: reply.reason }
    return refusalOf(reply) ?? read(reply)
  }
  const listOf = (field: string) => (reply: Reply) => {
    const list = fieldOf(reply.body, field)
    return Array.isArray(list) ? done<readonly unknown[]>(list) : FOREIGN
  }

  return {
    create: (request, externalId, signal) =>
      ask(['POST', 'migrations', { ...request, external_id: externalId }], signal, ({ body, statusCode }) => {
        const parsed = parseMigration(body, statusMap)
        if (parsed.kind !== 'ok') return FOREIGN
        // Their id for a customer is the nearest to a company that this provider has.
        const reading = { ...parsed.value, companyId: externalId }
        return done({ reading, isNew: statusCode === 201 })
      }),
    sources: (signal) => ask(['GET', 'sources'], signal, listOf('sources')),
    templates: (signal) => ask(['GET', 'templates'], signal, listOf('templates')),
    signFiles: (migrationId, names, signal) =>
      ask(
        ['POST', under(migrationId, '/files'), { files: names.map((name) => ({ name })) }],
        signal,
        signedFiles,
      ),
    startRun: async (migrationId, start, signal) => {
      const started = await ask(['POST', under(migrationId, '/runs'), start], signal, startedRun)
      const [active] = started.kind === 'refused' && started.why === 'conflict' ? started.runIds : []
      return active === undefined ? started : done({ runId: active, isNew: false })
    },
    answer: (run, answers, signal) => ask(['POST', runPath(run, '/messages'), { answers }], signal, nothing),
    giveCredentials: (run, credentials, signal) =>
      ask(['POST', runPath(run, '/credentials'), { credentials }], signal, nothing),
    cancel: (run, signal) => ask(['PATCH', runPath(run), { status: 'cancel_requested' }], signal, nothing),
    preview: (migrationId, signal) =>
      ask(['GET', under(migrationId, '/preview')], signal, ({ body }) =>
        body === undefined ? FOREIGN : done(body),
      ),
    exportCsv: async (migrationId, slug, signal) => {
      const [path, segment] = [under(migrationId, '/exports/'), pathSegment(slug)]
      if (path === null || segment === null)
        return { kind: 'not_sent', reason: 'the id cannot be part of an address' }
      const reply = await http.stream(`${path}${segment}.csv`, signal)
      if (reply.kind === 'none') return { kind: 'lost', reason: reply.reason }
      if (reply.kind === 'reply')
        return refusalOf(reply) ?? { kind: 'lost', reason: `answered ${reply.statusCode}` }
      const records = Number(reply.headers['x-total-records'] ?? Number.NaN)
      return done({ body: reply.body, records: Number.isInteger(records) ? records : null })
    },
  }
}

const done = <T>(value: T): Outcome<T> => ({ kind: 'done', value })
const nothing = () => done(null)

function under(migrationId: string, rest: string): string | null {
  const segment = pathSegment(migrationId)
  return segment === null ? null : `migrations/${segment}${rest}`
}

function runPath({ migrationId, runId }: RunAt, rest = ''): string | null {
  const segment = pathSegment(runId)
  return segment === null ? null : under(migrationId, `/runs/${segment}${rest}`)
}

function startedRun({ body }: Reply): Outcome<StartedRun> {
  const parsed = wireStarted.safeParse(body)
  return parsed.success ? done({ runId: parsed.data.run_id, isNew: true }) : FOREIGN
}

function signedFiles({ body }: Reply): Outcome<readonly SignedFile[]> {
  const parsed = wireSigned.safeParse(body)
  if (!parsed.success) return FOREIGN
  return done(
    parsed.data.files.map((file) => {
      return { name: file.name, url: file.signed_url, contentType: file.content_type ?? null }
    }),
  )
}

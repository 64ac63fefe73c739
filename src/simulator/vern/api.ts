import type { Question } from '../listener.ts'
import { jsonReply, type Reply } from '../wire.ts'
import { type Moment, objectOf } from './moment.ts'
import type { VernSettings } from './options.ts'
import type { VernRoute } from './route.ts'
import { answerReply, cancelReply, credentialsReply, startReply } from './run-replies.ts'
import { csvReply, migrationBody, previewBody, runBody, slugName, vernError } from './wire.ts'
import { ownStatus, type VernMigration } from './world.ts'

const NO_MIGRATION = vernError(404, 'Migration not found')
const NO_RUN = vernError(404, 'Run not found')

export function answerRoute(route: VernRoute, question: Question, body: unknown, moment: Moment): Reply {
  const { settings, world, atMs } = moment
  if (route.name === 'sources')
    return jsonReply({ sources: settings.sources.map((name) => ({ name, logo_url: null })) })
  if (route.name === 'templates') return jsonReply({ templates: settings.templates.map(templateOf) })
  if (route.name === 'create') return createReply(body, moment)
  const [id = '', second = ''] = route.ids
  const migration = world.find(id, atMs)
  if (migration === null) return NO_MIGRATION
  if (route.name === 'upload') return uploadReply(migration, body, question)
  if (route.name === 'start') return startReply(migration, body, question, moment)
  return readReply(route, migration, moment) ?? runReply(route, migration, second, body, moment)
}

function readReply({ name, ids }: VernRoute, migration: VernMigration, moment: Moment): Reply | null {
  if (name === 'files') return jsonReply({ files: migration.files.map((file) => fileOf(file, moment)) })
  if (name === 'log') return logReply(migration, moment)
  if (name === 'preview') {
    const hasPreview = ['awaiting_approval', 'completed'].includes(ownStatus(migration, moment.atMs))
    return hasPreview ? jsonReply(previewBody(migration)) : vernError(404, 'No preview yet')
  }
  if (name !== 'export') return null
  const slug = ids[1] ?? ''
  return migration.templates.includes(slug) ? csvReply(slug) : vernError(404, 'No such template')
}

function runReply(
  { name }: VernRoute,
  migration: VernMigration,
  runId: string,
  body: unknown,
  moment: Moment,
): Reply {
  const run = migration.runs.find((one) => one.id === runId && one.createdMs <= moment.atMs)
  if (run === undefined) return NO_RUN
  if (name === 'cancel') return cancelReply(run, body, moment)
  if (name === 'answer') return answerReply(run, body, moment)
  if (name === 'credentials') return credentialsReply(run, body, moment)
  return jsonReply(runBody(run, moment.atMs, moment.epochMs, moment.settings))
}

function createReply(body: unknown, moment: Moment): Reply {
  const { world, settings, atMs } = moment
  const { name, source, external_id: externalId = null, templates } = objectOf(body)
  const wrong = wrongIn(objectOf(body)) ?? wrongSource(source || null, settings)
  if (wrong !== null) return wrong
  const slugs = (templates as readonly string[] | undefined) ?? settings.templates
  const unknown = slugs.filter((slug) => !settings.templates.includes(slug))
  if (unknown.length > 0) return vernError(400, `Unknown template slug(s): ${unknown.join(', ')}`)

  const named = { source: (source || null) as string | null, externalId: externalId as string | null }
  const existing = named.externalId === null ? null : world.findByExternalId(named.externalId, atMs)
  if (existing !== null && existing.source !== named.source)
    return vernError(409, 'external_id is already used by another migration')
  if (existing !== null) return jsonReply(migrationBody(existing, atMs))
  const made = world.create({ ...named, name: String(name), templates: slugs }, atMs)
  return jsonReply(migrationBody(made, atMs), 201)
}

function wrongIn(body: Record<string, unknown>): Reply | null {
  const { name, source, external_id: externalId, templates } = body
  if (typeof name !== 'string' || name === '') return vernError(400, 'name is required')
  if (typeof (source ?? '') !== 'string') return vernError(400, 'source must be a string')
  if (externalId !== undefined && !/^[a-zA-Z0-9_-]{1,255}$/.test(String(externalId)))
    return vernError(400, 'external_id must be alphanumeric, hyphens and underscores, at most 255 long')
  const areSlugs =
    Array.isArray(templates ?? []) && [templates ?? []].flat().every((one) => typeof one === 'string')
  return areSlugs ? null : vernError(400, 'templates must be an array of template slugs')
}

function wrongSource(source: unknown, settings: VernSettings): Reply | null {
  const known = settings.sources.filter((one) => one === source).length
  if (source !== null && known === 0) return vernError(404, `Source not found: ${String(source)}`)
  return known > 1 ? vernError(409, 'Source name is ambiguous: two sources share it') : null
}

function uploadReply(migration: VernMigration, body: unknown, { url }: Question): Reply {
  const { files } = objectOf(body)
  if (!Array.isArray(files) || files.length === 0) return vernError(400, 'files must be a non-empty array')
  if (files.length > 25) return vernError(400, 'At most 25 files per request')
  const named = files.map((file: unknown) => objectOf(file)['name'])
  if (!named.every((name) => typeof name === 'string' && /\.(csv|xlsx?|pdf|docx|sql|bak)$/.test(name)))
    return vernError(400, 'Unsupported file type')
  const entries = named.map((name) => {
    const path = `workbooks/${migration.id}/${migration.files.length}-${String(name)}`
    migration.files.push({ name: String(name), path, size: null, atMs: null })
    const signed_url = `${url.origin}${STORAGE_PREFIX}${path}?token=t`
    return { name, storage_path: path, signed_url, token: 't', content_type: 'text/csv' }
  })
  return jsonReply({ files: entries }, 201)
}

export const STORAGE_PREFIX = '/storage/upload/sign/'

/** The storage is somebody else, who must never see the key. */
export function storeReply({ url, headers, body }: Question, { world, settings, atMs }: Moment): Reply {
  if (headers[settings.keyHeader] !== undefined) return vernError(400, 'the API key was sent to the storage')
  const path = decodeURIComponent(url.pathname.slice(STORAGE_PREFIX.length))
  const files = world.all(atMs).flatMap((migration) => migration.files)
  const file = files.find((one) => one.path === path)
  if (file === undefined || url.searchParams.get('token') !== 't') return vernError(403, 'bad signature')
  if (file.atMs !== null) return vernError(403, 'this URL was used before')
  file.size = Buffer.byteLength(body)
  file.atMs = atMs
  return jsonReply({})
}

function fileOf(file: VernMigration['files'][number], { epochMs }: Moment): object {
  const uploaded_at = file.atMs === null ? null : new Date(epochMs + file.atMs).toISOString()
  return { name: file.name, storage_path: file.path, size: file.size, content_type: 'text/csv', uploaded_at }
}

/** Told only once everything is over; until then how it stands. */
function logReply(migration: VernMigration, { settings, atMs, epochMs }: Moment): Reply {
  if (!settings.hasLog) return vernError(404, 'Not found')
  const status = ownStatus(migration, atMs)
  if (status !== 'completed') return vernError(409, 'Still running', { status, retry_after_seconds: 30 })
  const runs = migration.runs.map((run) => {
    const report = run.steps.findLast((step) => step.atMs <= atMs)?.report
    const outcome = report && {
      ok: true,
      rows_written: report.inserted,
      invalid_rows: report.flagged,
      error: null,
    }
    return { run_id: run.id, kind: run.kind, status, outcome: outcome ?? null }
  })
  const at = new Date(epochMs + atMs).toISOString()
  return jsonReply({ migration_id: migration.id, generated_at: at, status, runs })
}

function templateOf(slug: string): object {
  const column = { name: 'Name', description: null, required: true, unique: false, desiredRule: 'none' }
  return { slug, name: slugName(slug), description: null, columns: [column] }
}

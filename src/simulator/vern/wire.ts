import { jsonReply, type Reply } from '../wire.ts'
import type { VernSettings } from './options.ts'
import { type Run, stepAt } from './run.ts'
import { ownStatus, type VernMigration } from './world.ts'

export function vernError(statusCode: number, error: string, more: object = {}): Reply {
  return jsonReply({ error, ...more }, statusCode)
}

export const slugName = (slug: string) => slug.slice(0, 1).toUpperCase() + slug.slice(1)
const templateObject = (slug: string) => ({ slug, name: slugName(slug) })

export function migrationBody(migration: VernMigration, atMs: number) {
  const { id, name, source, templates } = migration
  return {
    migration: {
      id,
      name,
      source,
      status: ownStatus(migration, atMs),
      templates: templates.map(templateObject),
    },
  }
}

export const QUESTION = {
  id: 'q1',
  question: 'Two date styles found. Which is right?',
  options: [
    { id: 'a', label: 'Day first' },
    { id: 'b', label: 'Month first' },
  ],
  allowCustom: true,
}

const CREDENTIAL_REQUEST = {
  connection_id: 'c0ffee00-0000-4000-8000-000000000001',
  source_key: 'hubspot',
  source_name: 'HubSpot',
  schema: { api_key: { type: 'string', secret: true } },
}

export function runBody(run: Run, atMs: number, epochMs: number, settings: VernSettings) {
  const step = stepAt(run, atMs)
  return {
    run_id: run.id,
    status: step.status,
    created_at: new Date(epochMs + run.createdMs).toISOString(),
    ...(run.answers === null ? {} : { answers: run.answers }),
    ...detailsOf(step, settings),
  }
}

function detailsOf({ status, block, report }: Run['steps'][number], settings: VernSettings): object {
  if (status === 'queued') return { message: null }
  if (status === 'running') return { message: 'Checking columns' }
  if (status === 'failed') return { error: 'Run failed or timed out' }
  if (status === 'blocked') {
    const reason = settings.namesReason ? { blocked_reason: block } : {}
    if (block === 'credentials') return { ...reason, credential_request: CREDENTIAL_REQUEST }
    return { ...reason, questions: [QUESTION] }
  }
  if (report === undefined) return {}
  const { inserted, flagged } = report
  const sheet = { templateName: 'Contacts', sheetId: '9b7e', rowCount: inserted }
  return { report: { inserted, perSheet: [sheet], invalidCellCount: flagged, coverage: null } }
}

const SHEET_ROWS = [
  ['Name', 'Amount'],
  ['Boat', '12'],
  ['Coat, red', '7'],
]

export function previewBody({ templates }: VernMigration) {
  const shown = templates.map(templateObject)
  return {
    status: 'awaiting_approval',
    templates: shown,
    sheets: shown.map((template) => ({ template, rows: SHEET_ROWS, invalid_cells: [] })),
  }
}

export function csvReply(slug: string): Reply {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const headers = {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${slug}.csv"`,
    'x-total-records': String(SHEET_ROWS.length - 1),
  }
  const body = SHEET_ROWS.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
  return { statusCode: 200, headers, body }
}

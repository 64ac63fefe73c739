import { type Phase, phaseOf, type StatusMap } from '../../domain/phase.ts'
import type { Reading } from '../../domain/reading.ts'
import { unusable } from '../answers.ts'
import { storable } from '../attributes.ts'
import type { Answer } from '../provider.ts'
import { type WireRun, wireLog, wireMigration, wireReport, wireRun } from './wire.ts'

const UNKNOWN = { createdAt: null, companyId: null, createdByUserId: null }

/** What the answer to a poll of a run says of its migration. */
export function parseRun(
  body: unknown,
  migrationId: string,
  runId: string,
  statusMap: StatusMap,
): Answer<Reading> {
  const parsed = wireRun.safeParse(body)
  if (!parsed.success) return unusable('the body is no run', false)
  const run = parsed.data
  if (run.run_id !== runId) return unusable('the body is another run', false)
  const status = statusOf(run)
  const phase = phaseAfter(status, wireReport.parse(run.report).invalidCellCount, statusMap)
  const needs = needsOf(run, status)
  const value = { migrationId, status, phase, ...UNKNOWN, attributes: attributesOf(run) }
  return { kind: 'ok', value: needs === null ? value : { ...value, needs } }
}

/** A run that is completed without a report (clarified, not executed) has imported nothing: its preview waits on. */
function statusOf({ status, report }: WireRun): string {
  return status === 'completed' && (report ?? null) === null ? 'awaiting_approval' : status
}

function phaseAfter(status: string, flagged: number | null | undefined, statusMap: StatusMap): Phase {
  const phase = phaseOf(statusMap, status)
  return phase === 'succeeded' && (flagged ?? 0) > 0 ? 'partial' : phase
}

/** What a person is asked for; blocks did not always say why they are one. */
function needsOf(run: WireRun, status: string): Reading['needs'] | null {
  if (status === 'awaiting_approval') return { reason: 'approval' }
  if (status !== 'blocked') return null
  const { blocked_reason, questions, credential_request } = run
  const inferred = (questions ?? null) === null ? 'credentials' : 'question'
  const reason = blocked_reason ?? (questions || credential_request ? inferred : 'unknown')
  return storable([
    ['reason', reason],
    ['questions', questions ?? undefined],
    ['credential_request', credential_request ?? undefined],
  ])
}

function attributesOf(run: WireRun): Reading['attributes'] {
  const report = wireReport.parse(run.report)
  return storable(
    Object.entries({
      run_id: run.run_id,
      message: run.message ?? undefined,
      blocked_reason: run.blocked_reason ?? undefined,
      questions: run.questions ?? undefined,
      error: run.error ?? undefined,
      rows_inserted: report.inserted ?? undefined,
      rows_flagged: report.invalidCellCount ?? undefined,
      sheets: report.perSheet,
    }),
  )
}

/** What the session log says, also where it is not ready yet: the migration's own status. */
export function parseLog(body: unknown, migrationId: string, statusMap: StatusMap): Answer<Reading> {
  const parsed = wireLog.safeParse(body)
  if (!parsed.success) return unusable('the body is no session log', false)
  const { status, runs } = parsed.data
  const outcome = runs?.findLast((run) => (run.outcome ?? null) !== null)?.outcome
  const counts = { rows_inserted: outcome?.rows_written, rows_flagged: outcome?.invalid_rows }
  const known = Object.entries(counts).filter(([, value]) => (value ?? null) !== null)
  const phase = phaseAfter(status, outcome?.invalid_rows, statusMap)
  return { kind: 'ok', value: ownReading(migrationId, status, phase, storable(known)) }
}

/** Where there is no session log, the files tell whether anything can begin. */
export function parseFiles(body: unknown, migrationId: string, statusMap: StatusMap): Answer<Reading> {
  const files = typeof body === 'object' && body !== null && 'files' in body ? body.files : null
  if (!Array.isArray(files)) return unusable('the body is no list of files', false)
  const there = files.some((file: unknown) => isUploaded(file))
  const status = there ? 'ready' : 'awaiting_files'
  return {
    kind: 'ok',
    value: ownReading(migrationId, status, phaseOf(statusMap, status), { files: files.length }),
  }
}

function isUploaded(file: unknown): boolean {
  return typeof file === 'object' && file !== null && 'uploaded_at' in file && file.uploaded_at !== null
}

function ownReading(
  migrationId: string,
  status: string,
  phase: Phase,
  attributes: Reading['attributes'],
): Reading {
  const reading = { migrationId, status, phase, ...UNKNOWN, attributes }
  return status === 'awaiting_approval' ? { ...reading, needs: { reason: 'approval' } } : reading
}

/** The answer to a creation. */
export function parseMigration(body: unknown, statusMap: StatusMap): Answer<Reading> {
  const inner = typeof body === 'object' && body !== null && 'migration' in body ? body.migration : null
  const parsed = wireMigration.safeParse(inner)
  if (!parsed.success) return unusable('the body is no migration', false)
  const { id, name, source, status, templates } = parsed.data
  const kept = storable([
    ['name', name ?? undefined],
    ['source', source ?? undefined],
    ['templates', templates?.map(({ slug }) => slug)],
  ])
  return { kind: 'ok', value: ownReading(id, status, phaseOf(statusMap, status), kept) }
}

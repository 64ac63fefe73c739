import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { RunKind } from '../../domain/run-kind.ts'
import type { SignedFile } from '../../providers/vern/actions.ts'
import { uploadFile } from '../../providers/vern/upload.ts'
import { requestPoll } from '../../store/request-poll.ts'
import { recordRun } from '../../store/runs.ts'
import { EXIT, Failure } from '../exit.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import { followPhase } from './follow-phase.ts'
import { withMigration, withVern } from './with-vern.ts'

export interface ListOptions extends CommonOptions {
  readonly account?: string
}

export async function list(shell: Shell, what: 'sources' | 'templates', options: ListOptions): Promise<void> {
  await withVern(
    shell,
    async () => options.account,
    async ({ actions, ask, signal }) => {
      const rows = await ask(`list the ${what}`, () => actions[what](signal))
      if (options.json) return shell.printJson(rows)
      for (const row of rows) shell.print(clean(nameIn(row)))
      if (rows.length === 0) shell.note(`There are no ${what}.`)
    },
  )
}

function nameIn(row: unknown): string {
  const { slug, name } = row as { slug?: unknown; name?: unknown }
  return typeof slug === 'string' ? `${slug}  ${String(name)}` : String(name)
}

export async function upload(
  shell: Shell,
  id: string,
  files: readonly string[],
  { json }: CommonOptions,
): Promise<void> {
  const paths = files.map((file) => resolve(shell.cwd, file))
  const names = paths.map((path) => basename(path))
  for (const path of paths) await requireFile(path)
  if (new Set(names).size < names.length)
    throw new Failure(EXIT.usage, 'Two of the files have the same name.')
  await withMigration(shell, id, async ({ db, migration, name, actions, ask, signal }) => {
    const signed = await ask('take files', () => actions.signFiles(migration.migration_id, names, signal))
    for (const path of paths) await uploadOne(shell, path, addressFor(signed, basename(path)), signal)
    await requestPoll(db, migration)
    if (json) shell.printJson({ migration_id: migration.migration_id, files: names })
    else shell.print(`${name} has ${names.length} more ${names.length === 1 ? 'file' : 'files'}.`)
  })
}

function addressFor(signed: readonly SignedFile[], name: string): SignedFile {
  const found = signed.find((file) => file.name === name)
  if (found !== undefined) return found
  throw new Failure(EXIT.failure, `Vern gave no address for ${clean(name)}.`)
}

async function uploadOne(shell: Shell, path: string, file: SignedFile, signal: AbortSignal): Promise<void> {
  const { size } = await stat(path)
  let sent = 0
  let told = 0
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      sent += chunk.length
      const tenth = Math.floor((10 * sent) / Math.max(1, size))
      if (tenth > told && tenth < 10) shell.note(`${file.name}: ${10 * tenth} % of ${size} bytes`)
      told = tenth
      done(null, chunk)
    },
  })
  const body = createReadStream(path)
    .on('error', (err) => counting.destroy(err))
    .pipe(counting)
  const outcome = await uploadFile(file, { body, size }, signal)
  if (outcome.kind === 'done') return shell.note(`${file.name}: all ${size} bytes`)
  throw new Failure(
    EXIT.failure,
    `${file.name} was not taken: ${outcome.reason}. Upload it again: each address is good for once.`,
  )
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found?.isFile() !== true) throw new Failure(EXIT.usage, `${path} is no file that can be read.`)
}

export interface RunOptions extends CommonOptions {
  readonly message?: string
  readonly wait?: true
}

export async function run(
  shell: Shell,
  id: string,
  kind: RunKind,
  { message, wait, json }: RunOptions,
): Promise<void> {
  if ((kind === 'update' || kind === 'clarify') && message === undefined)
    throw new Failure(EXIT.usage, `Say with --message what to ${kind}.`)
  await withMigration(shell, id, async (at) => {
    const { db, migration, name, actions, ask, signal } = at
    const started = await ask(`start to ${kind}`, () =>
      actions.startRun(migration.migration_id, { kind, message }, signal),
    )
    const startedAt = await recordRun(db, migration, started.runId)
    shell.note(
      started.isNew ? `${name}: ${kind} begins.` : `${name}: a run is under way already; it is followed.`,
    )
    const last = wait ? await followPhase(shell, at, startedAt) : null
    if (json) shell.printJson({ run_id: started.runId, is_new: started.isNew, status: last?.status ?? null })
    else if (last === null) shell.print(clean(started.runId))
    else shell.print(`${name} is ${clean(last.status)}.`)
  })
}

export interface AnswerOptions extends CommonOptions {
  readonly to?: readonly string[]
}

/** A free text, or answers to questions one by one. */
export async function answer(
  shell: Shell,
  id: string,
  text: string | undefined,
  options: AnswerOptions,
): Promise<void> {
  const pairs = (options.to ?? []).map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Failure(EXIT.usage, `--to takes QUESTION=ANSWER, not ${clean(pair)}.`)
    return { id: pair.slice(0, at), value: pair.slice(at + 1) }
  })
  if ((text === undefined) === (pairs.length === 0))
    throw new Failure(EXIT.usage, 'Say the answer: either a text, or --to QUESTION=ANSWER for each question.')
  await withMigration(shell, id, async ({ db, migration, name, requireRun, actions, ask, signal }) => {
    const at = await requireRun()
    await ask('take an answer', () => actions.answer(at, text ?? pairs, signal))
    await requestPoll(db, migration)
    if (options.json) shell.printJson({ run_id: at.runId, answered: true })
    else shell.print(`${name} goes on.`)
  })
}

/** From a file only: an argument would stand in the shell's history. */
export async function giveCredentials(
  shell: Shell,
  id: string,
  file: string,
  { json }: CommonOptions,
): Promise<void> {
  const credentials = await credentialsIn(resolve(shell.cwd, file), file)
  await withMigration(shell, id, async ({ db, migration, name, requireRun, actions, ask, signal }) => {
    const at = await requireRun()
    await ask('take the credentials', () => actions.giveCredentials(at, credentials, signal))
    await requestPoll(db, migration)
    if (json) shell.printJson({ run_id: at.runId, given: true })
    else shell.print(`${name} goes on.`)
  })
}

async function credentialsIn(path: string, named: string): Promise<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
  } catch {
    // What stands there is secret: not even the parser's words about it are told.
  }
  throw new Failure(EXIT.usage, `${named} cannot be read as a JSON object of credentials.`)
}

export async function cancel(shell: Shell, id: string, { json }: CommonOptions): Promise<void> {
  await withMigration(shell, id, async ({ db, migration, name, requireRun, actions, ask, signal }) => {
    const at = await requireRun()
    await ask('cancel the run', () => actions.cancel(at, signal))
    await requestPoll(db, migration)
    if (json) shell.printJson({ run_id: at.runId, canceled: true })
    else shell.print(`${name}: its run is canceled.`)
  })
}

export async function preview(shell: Shell, id: string, { json }: CommonOptions): Promise<void> {
  await withMigration(shell, id, async ({ migration, actions, ask, signal }) => {
    const shown = await ask('show a preview', () => actions.preview(migration.migration_id, signal))
    if (json) return shell.printJson(shown)
    const { sheets } = shown as { sheets?: { template?: { slug?: string }; rows?: unknown[][] }[] }
    for (const { template, rows = [] } of sheets ?? []) {
      shell.print(
        shell.paint('bold', `${clean(template?.slug ?? '?')}  ${Math.max(0, rows.length - 1)} rows`),
      )
      for (const row of rows.slice(0, 6))
        shell.print(`  ${row.map((cell) => clean(String(cell))).join(' | ')}`)
    }
  })
}

export interface ExportOptions extends CommonOptions {
  readonly output?: string
}

export async function exportCsv(
  shell: Shell,
  id: string,
  slug: string,
  { output, json }: ExportOptions,
): Promise<void> {
  const path = resolve(shell.cwd, output ?? `${slug}.csv`)
  await withMigration(shell, id, async ({ migration, actions, ask, signal }) => {
    const { body, records } = await ask('export', () =>
      actions.exportCsv(migration.migration_id, slug, signal),
    )
    let bytes = 0
    const counting = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length
        yield chunk
      }
    }
    await pipeline(body, counting, createWriteStream(path), { signal })
    if (json) shell.printJson({ path, bytes, records })
    else shell.print(`${path}: ${records === null ? '' : `${records} records, `}${bytes} bytes.`)
  })
}

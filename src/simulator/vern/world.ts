import type { RunKind } from '../../domain/run-kind.ts'
import { createRandom, digits, type Random } from '../random.ts'
import type { TrueMigration } from '../wire.ts'
import type { VernSettings } from './options.ts'
import { addPhase, cutAfter, type Run, stepAt } from './run.ts'

export interface VernMigration {
  readonly id: string
  readonly name: string
  readonly source: string | null
  readonly externalId: string | null
  readonly templates: readonly string[]
  readonly bornMs: number
  readonly files: { readonly name: string; readonly path: string; size: number | null; atMs: number | null }[]
  readonly runs: Run[]
  goneMs: number
}

type NewMigration = Pick<VernMigration, 'name' | 'source' | 'externalId' | 'templates'>

/** The provider's state, at moments counted in whole milliseconds from the start. */
export interface VernWorld {
  find(id: string, atMs: number): VernMigration | null
  findByExternalId(externalId: string, atMs: number): VernMigration | null
  create(migration: NewMigration, atMs: number): VernMigration
  /** A run in flight is not this function's business. */
  startRun(migration: VernMigration, kind: RunKind, atMs: number): Run
  resume(run: Run, answers: Record<string, string> | null, atMs: number): void
  cancel(run: Run, atMs: number): void
  /** Runs that count against how many may be at once. */
  activeRuns(atMs: number): readonly { readonly run: Run; readonly status: string }[]
  all(atMs: number): readonly VernMigration[]
}

const ACTIVE = ['queued', 'running', 'blocked']

export function createVernWorld(settings: VernSettings): VernWorld {
  const next = createRandom(`${settings.seed}/vern`)
  const migrations = new Map<string, VernMigration>()

  function create(migration: NewMigration, atMs: number): VernMigration {
    const made = { ...migration, id: uuid(next), bornMs: atMs, files: [], runs: [], goneMs: Infinity }
    migrations.set(made.id, made)
    return made
  }

  function startRun(migration: VernMigration, kind: RunKind, atMs: number): Run {
    const last = migration.runs.at(-1)
    const run = kind !== 'generate' && settings.stableRunId && last ? last : newRun(atMs)
    if (run === last) cutAfter(run, atMs)
    else migration.runs.push(run)
    addPhase(run, kind, atMs, next, settings)
    return run
  }

  function newRun(atMs: number): Run {
    return { id: uuid(next), createdMs: atMs, kind: 'generate', steps: [], answers: null, blocks: 0 }
  }

  function resume(run: Run, answers: Record<string, string> | null, atMs: number): void {
    cutAfter(run, atMs)
    if (answers !== null) run.answers = { ...run.answers, ...answers }
    addPhase(run, run.kind === 'generate' ? 'update' : run.kind, atMs, next, settings)
  }

  /** The whole life of a migration whose people do what they have to, each time after a while. */
  function live(index: number): void {
    const ms = (seconds: number) => Math.round((1000 * seconds) / settings.speed)
    const bornMs = ms(next() * settings.arrivalS)
    const one = create(
      { name: `Company ${index}`, source: null, externalId: null, templates: settings.templates },
      bornMs,
    )
    const startMs = bornMs + ms(settings.peopleS * next())
    one.files.push({ name: 'data.csv', path: `workbooks/${one.id}/data.csv`, size: 2048, atMs: bornMs })
    let run = startRun(one, 'generate', startMs)
    for (let end = run.steps.at(-1); end !== undefined; end = run.steps.at(-1)) {
      const thenMs = end.atMs + ms(settings.peopleS * (0.2 + next()))
      if (end.status === 'blocked') resume(run, { q1: 'Day first' }, thenMs)
      else if (end.status === 'awaiting_approval') run = startRun(one, 'execute', thenMs)
      else break
    }
  }
  for (let index = 0; index < settings.migrations; index += 1) live(index)

  const exists = (one: VernMigration, atMs: number) => one.bornMs <= atMs && atMs < one.goneMs
  const all = (atMs: number) => [...migrations.values()].filter((one) => exists(one, atMs))
  return {
    find(id, atMs) {
      const one = migrations.get(id)
      return one && exists(one, atMs) ? one : null
    },
    findByExternalId: (externalId, atMs) => all(atMs).find((one) => one.externalId === externalId) ?? null,
    create,
    startRun,
    resume,
    cancel(run, atMs) {
      cutAfter(run, atMs)
      run.steps.push({ atMs, status: 'canceled' })
    },
    activeRuns: (atMs) =>
      all(atMs)
        .flatMap(({ runs }) => runs.map((run) => ({ run, status: stepAt(run, atMs).status })))
        .filter(({ status }) => ACTIVE.includes(status)),
    all,
  }
}

/** What the provider says of a migration itself, beside its runs. */
export function ownStatus(migration: VernMigration, atMs: number): string {
  const steps = stepsUntil(migration, atMs)
  if (steps.some((step) => step.report !== undefined)) return 'completed'
  if (steps.some((step) => step.status === 'awaiting_approval')) return 'awaiting_approval'
  return migration.files.some((file) => file.atMs !== null && file.atMs <= atMs) ? 'ready' : 'awaiting_files'
}

/** What whoever follows the migration's runs should have seen. */
export function trueMigration(migration: VernMigration, atMs: number, epochMs: number): TrueMigration {
  const filedMs = Math.min(...migration.files.map((file) => file.atMs ?? Infinity))
  const changes = [
    { atMs: migration.bornMs, status: filedMs <= migration.bornMs ? 'ready' : 'awaiting_files' },
    ...(filedMs > migration.bornMs && filedMs <= atMs ? [{ atMs: filedMs, status: 'ready' }] : []),
    ...stepsUntil(migration, atMs).map((step) => ({ atMs: step.atMs, status: shownStatus(step) })),
  ]
  const shown = changes.filter((change, index) => change.status !== changes[index - 1]?.status)
  return {
    id: migration.id,
    companyId: null,
    createdAt: new Date(epochMs + migration.bornMs).toISOString(),
    status: shown.at(-1)?.status ?? 'awaiting_files',
    changes: shown.map((change) => ({
      at: new Date(epochMs + change.atMs).toISOString(),
      status: change.status,
    })),
  }
}

/** A run that ends without a report has imported nothing: the preview still waits. */
function shownStatus({ status, report }: Run['steps'][number]): string {
  return status === 'completed' && report === undefined ? 'awaiting_approval' : status
}

function stepsUntil({ runs }: VernMigration, atMs: number): Run['steps'] {
  return runs.flatMap((run) => run.steps).filter((step) => step.atMs <= atMs)
}

function uuid(next: Random): string {
  const [a, b, c, d, e] = [8, 4, 3, 3, 12].map((length) => digits(next, '0123456789abcdef', length))
  return [a, b, `4${c}`, `8${d}`, e].join('-')
}

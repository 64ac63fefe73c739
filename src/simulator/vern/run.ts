import type { RunKind } from '../../domain/run-kind.ts'
import { lognormal, type Random } from '../random.ts'
import type { VernSettings } from './options.ts'

type RunStatus = 'queued' | 'running' | 'blocked' | 'awaiting_approval' | 'completed' | 'failed' | 'canceled'

/** From when on a run shows what; whole milliseconds from the start. */
export interface Step {
  readonly atMs: number
  readonly status: RunStatus
  readonly block?: 'question' | 'credentials' | undefined
  /** Rows written, and how many of them are flagged: after an import. */
  readonly report?: { readonly inserted: number; readonly flagged: number }
}

export interface Run {
  readonly id: string
  readonly createdMs: number
  kind: RunKind
  readonly steps: Step[]
  answers: Record<string, string> | null
  blocks: number
}

export function stepAt(run: Run, atMs: number): Step {
  return (
    run.steps.findLast((step) => step.atMs <= atMs) ??
    run.steps[0] ?? { atMs: run.createdMs, status: 'queued' }
  )
}

type Style = Pick<
  VernSettings,
  'speed' | 'typicalPhaseS' | 'questionShare' | 'credentialsShare' | 'failedShare' | 'flaggedShare'
>

/** A block is answered, and answered once more at most; then the run goes on. */
const MOST_BLOCKS = 2

/** What a phase that begins now will show, up to where somebody has to do something, or its end. */
export function addPhase(run: Run, kind: RunKind, atMs: number, next: Random, style: Style): void {
  run.kind = kind
  const passMs = (share = 1) =>
    Math.max(1, Math.ceil((1000 * share * lognormal(next, style.typicalPhaseS, 0.6)) / style.speed))
  if (run.steps.length === 0) run.steps.push({ atMs, status: 'queued' })
  const runningMs = kind === 'generate' ? atMs + passMs(0.1) : atMs
  run.steps.push({ atMs: runningMs, status: 'running' })
  const endMs = runningMs + passMs()
  run.steps.push(endOf(run, kind, endMs, next, style))
}

function endOf(run: Run, kind: RunKind, atMs: number, next: Random, style: Style): Step {
  const chance = next()
  if (chance < style.failedShare) return { atMs, status: 'failed' }
  if (kind === 'execute') {
    const inserted = 50 + Math.floor(next() * 400)
    return { atMs, status: 'completed', report: { inserted, flagged: next() < style.flaggedShare ? 4 : 0 } }
  }
  if (kind === 'clarify') return { atMs, status: 'completed' }
  const block = blockOf(chance - style.failedShare, style)
  if (block === null || run.blocks >= MOST_BLOCKS) return { atMs, status: 'awaiting_approval' }
  run.blocks += 1
  return { atMs, status: 'blocked', block }
}

function blockOf(chance: number, style: Style): 'question' | 'credentials' | null {
  if (chance < style.credentialsShare) return 'credentials'
  return chance < style.credentialsShare + style.questionShare ? 'question' : null
}

/** What had been about to happen does not. */
export function cutAfter(run: Run, atMs: number): void {
  const first = run.steps.findIndex((step) => step.atMs > atMs)
  if (first > 0) run.steps.splice(first)
}

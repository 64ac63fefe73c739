import { isTerminal, type Phase, type TerminalPhase } from '../../domain/phase.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { EXIT } from '../exit.ts'

const EXIT_OF: Readonly<Record<TerminalPhase, number>> = {
  failed: EXIT.failed,
  abandoned: EXIT.abandoned,
  partial: EXIT.partial,
  succeeded: EXIT.ok,
}
/** From the worst to the best. */
const WORST_FIRST = Object.keys(EXIT_OF) as TerminalPhase[]

/** What these ends are worth together: the exit code of the worst. */
export function exitCodeOfEnds(phases: readonly Phase[]): number {
  const worst = WORST_FIRST.find((phase) => phases.includes(phase))
  return worst === undefined ? EXIT.ok : EXIT_OF[worst]
}

/** What was asked for by one text, as it was found last; null where no migration has that name yet. */
export interface Awaited {
  readonly text: string
  readonly row: MigrationRow | null
}

export function hasEnded({ row }: Awaited): boolean {
  return row !== null && isTerminal(row.phase)
}

import type { LivePhase, Phase } from './phase.ts'

/**
 * How long a migration may stay in a phase, in milliseconds. Where nothing is said, as long as is usual: the 99th
 * percentile of the account's own latest stays, once enough of them are known.
 */
export type OverdueAfter = Readonly<Partial<Record<Phase, number | 'never'>>>

/** The 99th percentile of an account's complete stays, by phase, in seconds; absent where too few are known. */
export type UsualStays = Readonly<Partial<Record<Phase, number>>>

/** How long a migration may stay in a phase. */
export interface OverdueLimit {
  readonly phase: LivePhase
  readonly seconds: number
}

const LIVE_PHASES: readonly LivePhase[] = ['pending', 'running', 'needs_input', 'unknown']
/** What is usually over within moments is not overdue for a moment more. */
const LEAST_USUAL_S = 60

export function overdueLimits(configured: OverdueAfter, usual: UsualStays): OverdueLimit[] {
  return LIVE_PHASES.flatMap((phase) => {
    const said = configured[phase]
    const learned = usual[phase]
    if (said === 'never' || (said ?? learned) === undefined) return []
    return [{ phase, seconds: said === undefined ? Math.max(LEAST_USUAL_S, learned ?? 0) : said / 1000 }]
  })
}

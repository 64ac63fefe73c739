/** What a status means, the same for every provider. */
export const PHASES = [
  'pending',
  'running',
  'needs_input',
  'succeeded',
  'partial',
  'failed',
  'abandoned',
  'unknown',
] as const

export type Phase = (typeof PHASES)[number]

/** A provider's own status words, verbatim, and the phase each stands for. */
export type StatusMap = Readonly<Record<string, Phase>>

/** A status that the map does not name is `unknown`: stored, alarmed and polled on, never an error. */
export function phaseOf(map: StatusMap, status: string): Phase {
  return Object.hasOwn(map, status) ? (map[status] ?? 'unknown') : 'unknown'
}

export type TerminalPhase = 'succeeded' | 'partial' | 'failed' | 'abandoned'
export type LivePhase = Exclude<Phase, TerminalPhase>

export function isTerminal(phase: Phase): phase is TerminalPhase {
  return phase === 'succeeded' || phase === 'partial' || phase === 'failed' || phase === 'abandoned'
}

/** How far along its life a phase lies: 0 waiting, 1 under way, 2 ended. */
export function progressOf(phase: Phase): 0 | 1 | 2 {
  if (phase === 'pending') return 0
  return isTerminal(phase) ? 2 : 1
}

import type { Phase } from '../domain/phase.ts'
import type { Style } from './shell.ts'

/** How a status of this phase stands out. */
export const PHASE_STYLE: Readonly<Record<Phase, Style>> = {
  pending: 'blue',
  running: 'cyan',
  needs_input: 'yellow',
  succeeded: 'green',
  partial: 'magenta',
  failed: 'red',
  abandoned: 'gray',
  unknown: ['yellow', 'bold'],
}

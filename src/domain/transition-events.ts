import type { EventType } from './event-type.ts'
import { isTerminal, type Phase } from './phase.ts'
import { isReopening } from './verdict.ts'

/** How first sights of migrations that have already ended are told. */
export type Baseline = 'silent' | 'emit'

const eventOfPhase: Partial<Record<Phase, EventType>> = {
  succeeded: 'migration.completed',
  partial: 'migration.completed_with_failures',
  failed: 'migration.failed',
  abandoned: 'migration.abandoned',
  needs_input: 'migration.needs_input',
  unknown: 'migration.unknown_status',
}

/** The events of a first sight; one that had already ended before the baseline was complete is no news. */
export function eventsOfDiscovery(phase: Phase, silent: boolean): EventType[] {
  const told = eventOfPhase[phase]
  if (told === undefined || (silent && isTerminal(phase))) return ['migration.discovered']
  return ['migration.discovered', told]
}

/** The events of a transition, in the order in which receivers are told. */
export function eventsOfChange(from: Phase, to: Phase): EventType[] {
  const told = eventOfPhase[to]
  return [
    'migration.status_changed',
    ...(isReopening(from, to) ? (['migration.reopened'] as const) : []),
    ...(told === undefined ? [] : [told]),
  ]
}

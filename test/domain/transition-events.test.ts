import { describe, expect, test } from 'vitest'

import { EVENT_TYPES, type EventType } from '../../src/domain/event-type.ts'
import { isTerminal, PHASES, type Phase } from '../../src/domain/phase.ts'
import { eventsOfChange, eventsOfDiscovery } from '../../src/domain/transition-events.ts'

const NEWS: Record<Phase, readonly EventType[]> = {
  pending: [],
  running: [],
  needs_input: ['migration.needs_input'],
  succeeded: ['migration.completed'],
  partial: ['migration.completed_with_failures'],
  failed: ['migration.failed'],
  abandoned: ['migration.abandoned'],
  unknown: ['migration.unknown_status'],
}

const LIVE: readonly Phase[] = ['pending', 'running', 'needs_input', 'unknown']
const ENDED: readonly Phase[] = ['succeeded', 'partial', 'failed', 'abandoned']

describe('a transition', () => {
  const pairs = PHASES.flatMap((from) => PHASES.map((to): [Phase, Phase] => [from, to]))

  test.each(pairs)('from %s to %s tells each fitting type once, in order', (from, to) => {
    const reopened: EventType[] = ENDED.includes(from) && LIVE.includes(to) ? ['migration.reopened'] : []

    expect(eventsOfChange(from, to)).toEqual(['migration.status_changed', ...reopened, ...NEWS[to]])
  })

  test('ends a migration with exactly one of the four terminal types', () => {
    for (const [from, to] of pairs) {
      const terminal = eventsOfChange(from, to).filter((type) =>
        ENDED.some((end) => NEWS[end].includes(type)),
      )
      expect(terminal).toHaveLength(isTerminal(to) ? 1 : 0)
    }
  })

  test('is never told as a discovery, nor as news of the account or a hook', () => {
    const told = new Set(pairs.flatMap(([from, to]) => eventsOfChange(from, to)))

    expect(EVENT_TYPES.filter((type) => !told.has(type))).toEqual([
      'migration.discovered',
      'migration.overdue',
      'migration.vanished',
      'account.baseline_completed',
      'account.suspended',
      'account.resumed',
      'hook.failing',
      'hook.disabled',
    ])
  })
})

describe('a first sight', () => {
  test.each(PHASES)('of %s is a discovery first, and then the news of its phase', (phase) => {
    expect(eventsOfDiscovery(phase, false)).toEqual(['migration.discovered', ...NEWS[phase]])
  })

  test.each(ENDED)('of %s during a silent baseline is a discovery and nothing else', (phase) => {
    expect(eventsOfDiscovery(phase, true)).toEqual(['migration.discovered'])
  })

  test.each(LIVE)('of %s is told in full during a silent baseline too', (phase) => {
    expect(eventsOfDiscovery(phase, true)).toEqual(eventsOfDiscovery(phase, false))
  })
})

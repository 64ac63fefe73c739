import { describe, expect, test } from 'vitest'

import { isTerminal, PHASES, phaseOf, progressOf } from '../../src/domain/phase.ts'

describe('a status', () => {
  test('stands for the phase that the map names', () => {
    expect(phaseOf({ WORKING: 'running' }, 'WORKING')).toBe('running')
  })

  test.each(['working', ' WORKING', '', 'ARCHIVED', 'constructor', '__proto__', 'toString'])(
    'that the map does not name is unknown: "%s"',
    (status) => {
      expect(phaseOf({ WORKING: 'running' }, status)).toBe('unknown')
    },
  )
})

test('exactly the four ways to end are terminal, and nothing lies beyond them', () => {
  expect(PHASES.filter(isTerminal)).toEqual(['succeeded', 'partial', 'failed', 'abandoned'])
  for (const phase of PHASES) {
    expect(progressOf(phase)).toBe(isTerminal(phase) ? 2 : phase === 'pending' ? 0 : 1)
  }
})

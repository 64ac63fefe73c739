import { expect, test } from 'vitest'

import { overdueLimits } from '../../src/domain/overdue.ts'

test('a configured limit counts, then what is usual, and never means never', () => {
  const configured = { pending: 600_000, running: 'never' } as const
  const usual = { pending: 5, running: 7_200, needs_input: 90.5 }
  expect(overdueLimits(configured, usual)).toEqual([
    { phase: 'pending', seconds: 600 },
    { phase: 'needs_input', seconds: 90.5 },
  ])
})

test('what is usually over within moments is given a minute', () => {
  expect(overdueLimits({}, { running: 2 })).toEqual([{ phase: 'running', seconds: 60 }])
})

test('what has ended is never overdue', () => {
  expect(overdueLimits({}, { succeeded: 10, failed: 10 })).toEqual([])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { widthOf } from '../../src/cli/text.ts'
import { concerns, isNamed } from '../../src/cli/watch/filter.ts'
import type { Health, Standing } from '../../src/cli/watch/load-view.ts'
import { renderView } from '../../src/cli/watch/render-view.ts'
import type { Phase } from '../../src/domain/phase.ts'
import type { TransitionRow } from '../../src/store/views/history.ts'
import type { MigrationRow } from '../../src/store/views/migrations.ts'

const NOW = '2026-03-04T10:00:00.000Z'
const ID = '9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11'

function migration(change: Partial<MigrationRow> = {}): MigrationRow {
  const moments = { created_at: NOW, first_seen_at: NOW, status_since: NOW, last_observed_at: NOW }
  return {
    ...{ account: 'acme', provider: 'anon', migration_id: ID, status: 'WORKING', phase: 'running' },
    ...{ is_terminal: false, company_id: 'abc', created_by_user_id: null, ...moments, finished_at: null },
    ...{ last_observed_via: 'get', next_poll_at: NOW, polls: 1, transitions: 1, overdue: false },
    ...{ vanished_at: null, attributes: {} },
    ...change,
  }
}

function transition(change: Partial<TransitionRow> = {}): TransitionRow {
  return {
    ...{ account: 'acme', migration_id: ID, seq: 2, from_status: 'NOT_STARTED', to_status: 'WORKING' },
    ...{ from_phase: 'pending', to_phase: 'running', not_before: '2026-03-04T09:59:55.000Z', not_after: NOW },
    ...{ observed_via: 'get', recorded_at: NOW },
    ...change,
  }
}

const standing = (change: Partial<Standing> = {}): Standing => ({
  now: new Date(NOW),
  counts: new Map<Phase, number>([['running', 3]]),
  changes: [transition()],
  migrations: [migration()],
  unknown: [],
  ...change,
})

const account = (name: string, state: 'active' | 'suspended', tickAgeMs = 500) => ({
  ...{ account: name, provider: 'anon', policy: 'adaptive' as const, state, baseline_at: NOW },
  ...{ state_reason: state === 'active' ? null : 'the provider answered 401', last_sweep_completed_at: NOW },
  ...{ tracked: 4, live: 3, tickAgeMs },
})
const health = (change: Partial<Health> = {}): Health => ({ accounts: [], lag: [], hooks: [], ...change })
const frame = (width: number, height: number) => ({
  width,
  height,
  paint: (_: unknown, text: string) => text,
  trouble: '',
})

describe('the view of a terminal', () => {
  test('never has more lines than the terminal, and no transition is wider, whatever there is to show', () => {
    const many = fc.integer({ min: 0, max: 60 })
    const sizes = fc.record({
      width: fc.integer({ min: 45, max: 250 }),
      height: fc.integer({ min: 1, max: 80 }),
    })
    fc.assert(
      fc.property(sizes, many, many, many, ({ width, height }, changes, migrations, accounts) => {
        const lines = renderView(
          standing({
            changes: Array.from({ length: changes }, () => transition()),
            migrations: Array.from({ length: migrations }, () => migration()),
          }),
          health({ accounts: Array.from({ length: accounts }, (_, n) => account(`a${n}`, 'active')) }),
          frame(width, height),
        )
        expect(lines.length).toBeLessThanOrEqual(height)
        const told = lines.filter((line) => line.startsWith('10:00:00'))
        for (const line of told) expect(widthOf(line)).toBeLessThanOrEqual(width)
        // Room is left empty only where there is nothing more to show.
        const rows = lines.filter((line) => line.startsWith('acme'))
        if (lines.length < height) expect([told.length, rows.length]).toEqual([changes, migrations])
      }),
    )
  })

  test('shows accounts in trouble first, and why', () => {
    const well = Array.from({ length: 9 }, (_, n) => account(`well-${n}`, 'active'))
    const accounts = [...well, account('locked', 'suspended'), account('alone', 'active', 60_000)]
    const text = renderView(standing(), health({ accounts }), frame(120, 40)).join('\n')

    expect(text).toMatch(/ACCOUNT .*\nlocked +suspended .*401\nalone +active .*1 min ago.*\nwell-0 /)
    expect(text).toContain('and 7 more')
  })

  test('names a phase that nobody knows only where there is one', () => {
    const line = (counts: Map<Phase, number>) => renderView(standing({ counts }), health(), frame(80, 24))[1]

    expect(line(new Map())).toBe('live   0 pending   0 running   0 needs input')
    expect(line(new Map([['unknown', 2]]))).toContain('2 unknown')
  })
})

describe('what is watched', () => {
  const it = { account: 'acme', migration_id: ID }

  test.each([
    { text: ID, named: true },
    { text: `acme/${ID}`, named: true },
    { text: `beta/${ID}`, named: false },
    { text: '9f5b…9a11', named: true },
    { text: 'acme/9f5b…9a11', named: true },
    { text: 'acme/9…a11', named: true },
    { text: '9f5b…1234', named: false },
    { text: '9f5b', named: false },
  ])('$text is it: $named', ({ text, named }) => {
    expect(isNamed(text, it)).toBe(named)
  })

  test('an account and ids leave out what fits only one of them', () => {
    expect(concerns({ account: null, ids: [] }, it)).toBe(true)
    expect(concerns({ account: 'beta', ids: [ID] }, it)).toBe(false)
    expect(concerns({ account: 'acme', ids: ['other'] }, it)).toBe(false)
    expect(concerns({ account: 'acme', ids: ['other', ID] }, it)).toBe(true)
  })
})

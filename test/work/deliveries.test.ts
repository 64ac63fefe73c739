import fc from 'fast-check'
import { expect, test } from 'vitest'

import { commitTogether, createMigrations } from '../../bench/hooks/events.ts'
import type { AttemptOutcome } from '../../src/domain/delivery-policy.ts'
import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { inTransaction } from '../../src/store/db.ts'
import {
  ATTEMPTS_PER_HOOK,
  claimDueDeliveries,
  type DeliveryClaim,
  startAttempt,
} from '../../src/store/deliveries.ts'
import { disableHook, enableHook } from '../../src/store/hooks.ts'
import { deliverEvent, type Hook } from '../../src/work/deliver-event.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { accepted, refused } from '../support/hooks.ts'

const NAMES = ['one', 'two', 'three']
const STATUSES = ['WORKING', 'FAILED', 'WORKING', 'PENDING_USER_INPUT', 'COMPLETE']
const never = new AbortController().signal

/** What happens to one claimed delivery. */
type Fate = 'accepted' | 'refused' | 'unreachable' | 'slow' | 'killed before' | 'killed after'

const outcomes: Partial<Record<Fate, AttemptOutcome>> = {
  refused: refused(500),
  unreachable: { kind: 'unreachable', reason: 'connection reset' },
}

interface Life {
  readonly migrations: number
  readonly statuses: number
  /** Fates of claims, taken one after another. */
  readonly fates: readonly Fate[]
  /** Processes that claim and deliver side by side. */
  readonly processes: number
  /** Rounds before which a hook is disabled, and enabled again two rounds later. */
  readonly outages: readonly number[]
}

const lives: fc.Arbitrary<Life> = fc.record({
  migrations: fc.integer({ min: 1, max: 5 }),
  statuses: fc.integer({ min: 1, max: STATUSES.length }),
  fates: fc.array(
    fc.oneof(
      { arbitrary: fc.constant<Fate>('accepted'), weight: 4 },
      {
        arbitrary: fc.constantFrom<Fate>('refused', 'unreachable', 'slow', 'killed before', 'killed after'),
        weight: 6,
      },
    ),
    { minLength: 5, maxLength: 80 },
  ),
  processes: fc.integer({ min: 1, max: 4 }),
  outages: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 2 }),
})

test('whatever fails, dies or runs side by side: each hook gets each event at least once, each stream in its order', async ({
  onTestFinished,
}) => {
  const landfall = await createTestAccount({
    hooks: NAMES.map((name) => ({ name, kind: 'webhook', events: [...EVENT_TYPES] })),
  })
  onTestFinished(() => landfall.close())

  await fc.assert(
    fc.asyncProperty(lives, (life) => live(landfall, life)),
    { numRuns: 30 },
  )
}, 120_000)

async function live(landfall: Awaited<ReturnType<typeof createTestAccount>>, life: Life): Promise<void> {
  const { db, account, deps } = landfall
  await query(
    db,
    'truncate landfall.migration, landfall.transition, landfall.event, landfall.delivery cascade',
  )
  await query(
    db,
    `update landfall.hook set state = 'active', failures = 0, failing_since = null, last_failure_at = null,
     paused_until = null`,
  )
  const fates = [...life.fates]
  const tried: { hook: string; subject: string | null; sequence: number; isAccepted: boolean }[] = []

  const hookNamed = (name: string): Hook => ({
    name,
    send: async ({ subject, sequence }) => {
      const fate = fates.shift() ?? 'accepted'
      if (fate === 'slow') await query(db, 'select pg_sleep(0.01)')
      const outcome = outcomes[fate] ?? accepted
      tried.push({ hook: name, subject, sequence: Number(sequence), isAccepted: outcome.kind === 'accepted' })
      return outcome
    },
  })
  const hooks = new Map(NAMES.map((name) => [name, hookNamed(name)]))
  const deliver = { ...deps, hooks }

  /** A process may die before its attempt, or after it and before it is written down. */
  async function attempt(claim: DeliveryClaim): Promise<void> {
    if (fates[0] === 'killed before') return void fates.shift()
    if (fates[0] !== 'killed after') return deliverEvent(deliver, claim, never)
    const started = await startAttempt(db, claim)
    if (started === null) return
    const { id, type, migrationId, sequence } = started.event
    const plain = { source: '', time: '', data: {} }
    await hooks
      .get(started.hook)
      ?.send({ id, type, subject: migrationId, sequence: String(sequence), ...plain }, never)
  }

  async function round(): Promise<number> {
    const claims = await Promise.all(
      Array.from({ length: life.processes }, () => claimDueDeliveries(db, NAMES)),
    )
    await Promise.all(claims.flat().map(attempt))
    // Claims of the dead end, and waits are over.
    await query(
      db,
      `update landfall.delivery set next_attempt_at = now(), lease_until = null, failures = 0 where state = 'pending'`,
    )
    await query(db, 'update landfall.hook set failures = 0, paused_until = null')
    return claims.flat().length
  }

  const ids = Array.from({ length: life.migrations }, (_, index) => `m${index}`)
  for (const [at, status] of STATUSES.slice(0, life.statuses).entries()) {
    await record(
      deps,
      account,
      ids.map((id) => seen(id, status, at * 10)),
    )
    if (life.outages.includes(at)) await disableHook(db, 'two', 'for a while')
    await round()
    if (life.outages.includes(at + 2)) await enableHook(db, 'two')
  }
  await enableHook(db, 'two')
  while ((await round()) > 0);

  await expectAllTold(landfall, tried)
}

type Tried = { hook: string; subject: string | null; sequence: number; isAccepted: boolean }

async function expectAllTold(
  { db }: { db: Parameters<typeof query>[0] },
  tried: readonly Tried[],
): Promise<void> {
  const events = await query<{ migration_id: string; last: number }>(
    db,
    'select migration_id, max(sequence)::int as last from reporting.events where migration_id is not null group by 1',
  )
  for (const hook of NAMES) {
    for (const { migration_id, last } of events) {
      let done = 0
      for (const one of tried.filter((each) => each.hook === hook && each.subject === migration_id)) {
        // Nothing is tried before what stands in front of it was accepted; what was accepted may come again.
        expect(one.sequence, `${hook} ${migration_id}`).toBeLessThanOrEqual(done + 1)
        if (one.isAccepted) done = Math.max(done, one.sequence)
      }
      expect(done, `${hook} ${migration_id}`).toBe(last)
    }
  }
  const states = await query(db, 'select distinct state from reporting.deliveries')
  expect(states).toEqual([{ state: 'delivered' }])
  const doubles = await query(
    db,
    'select 1 from reporting.deliveries group by event_id, hook having count(*) > 1',
  )
  expect(doubles).toEqual([])
}

test('what one round reads does not grow with what waits, also where the table was never analysed', async ({
  onTestFinished,
}) => {
  const landfall = await createTestAccount({
    hooks: [{ name: 'one', kind: 'webhook', events: [...EVENT_TYPES] }],
  })
  onTestFinished(() => landfall.close())
  await query(landfall.db, 'alter table landfall.delivery set (autovacuum_enabled = false)')
  await commitTogether(landfall.db, await createMigrations(landfall.db, 3_000))

  const rowsRead = await inTransaction(landfall.db, async (tx) => {
    expect(await claimDueDeliveries(tx, ['one'])).toHaveLength(ATTEMPTS_PER_HOOK)
    const { rows } = await tx.execute<{ read: number }>(
      `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables where relname = 'delivery'`,
    )
    return rows[0]?.read
  })
  expect(rowsRead).toBeLessThan(20 * ATTEMPTS_PER_HOOK)
})

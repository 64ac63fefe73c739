import fc from 'fast-check'
import { expect, test } from 'vitest'

import { blockBudget, type Rate, spendToken } from '../../src/store/budgets.ts'
import { type Db, inTransaction, openDb } from '../../src/store/db.ts'
import { halveRate, recordPace } from '../../src/store/pacing.ts'
import { createTestAccount, log, query } from '../support/account.ts'
import { findExcess, startSpender } from '../support/spender.ts'
import { waitFor } from '../support/wait-for.ts'

type Change =
  | { readonly kind: 'block'; readonly forMs: number }
  | { readonly kind: 'refusal' | 'recovery' | 'free' }
  | { readonly kind: 'spread'; readonly perSecond: number; readonly forMs: number }
type Use = { readonly kind: 'spend' | 'restart'; readonly process: number; readonly times: number }
type Step = Use | Change

const PROCESSES = 3
const one = (kind: 'refusal' | 'recovery' | 'free') => fc.constant({ kind })
const process = fc.integer({ min: 0, max: PROCESSES - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('spend' as const),
      process,
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), process, times: fc.constant(1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('block' as const), forMs: fc.integer({ min: 0, max: 30 }) }),
  },
  { weight: 3, arbitrary: fc.oneof(one('refusal'), one('recovery'), one('free')) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('spread' as const),
      perSecond: fc.constantFrom(1, 20, 80, 400),
      forMs: fc.integer({ min: 0, max: 60 }),
    }),
  },
)

test('no window holds more than burst + rate × window, whatever three processes do, restarts among it', async ({
  onTestFinished: after,
}) => {
  const world = await createTestAccount()
  after(world.close)
  const rates = fc.constantFrom(
    { requestsPerSecond: 100, burst: 5 },
    { requestsPerSecond: 400, burst: 1 },
    { requestsPerSecond: 30, burst: 30 },
  )
  let granted = 0
  await fc.assert(
    fc.asyncProperty(rates, fc.array(step, { minLength: 10, maxLength: 40 }), async (rate, steps) => {
      await query(world.db, `delete from landfall.budget`)
      await query(world.db, `insert into landfall.budget (account) values ('acme')`)
      const moments = await play(world.url, rate, steps)
      expect(findExcess(moments, rate)).toBeNull()
      granted += moments.length
    }),
    { numRuns: 25 },
  )
  // It would also hold if nobody ever got anything.
  expect(granted).toBeGreaterThan(300)
}, 120_000)

async function play(url: string, rate: Rate, steps: readonly Step[]): Promise<number[]> {
  const open = () => openDb({ url, log, applicationName: 'test', maxConnections: 2 })
  const processes = Array.from({ length: PROCESSES }, open)
  const moments: number[] = []
  const under: Promise<void>[] = []
  try {
    for (const now of steps) {
      const db = processes['process' in now ? now.process : 0] ?? open()
      if (now.kind === 'spend') under.push(spendSome(db, rate, now.times, moments))
      else if (now.kind === 'restart') {
        // Its requests end with it, and another takes its place.
        await Promise.all(under.splice(0))
        await db.pool.end()
        processes[now.process] = open()
      } else await change(db, rate, now as Change)
    }
    await Promise.all(under)
  } finally {
    await Promise.all(processes.map(({ pool }) => pool.end()))
  }
  return moments
}

async function spendSome(db: Db, rate: Rate, times: number, moments: number[]): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const spending = await spendToken(db, 'acme', 'get', rate)
    if (spending.kind === 'granted') moments.push(spending.at.getTime())
  }
}

async function change(db: Db, rate: Rate, now: Change): Promise<void> {
  switch (now.kind) {
    case 'block':
      return blockBudget(db, 'acme', now.forMs, rate)
    case 'refusal':
      return void (await inTransaction(db, (tx) =>
        halveRate(tx, 'acme', { requestedAt: new Date(), pauseMs: 5 }),
      ))
    case 'recovery':
      return void (await query(db, `update landfall.budget set share_at = share_at - interval '5 minutes'`))
    case 'spread': {
      const pace = { kind: 'spread', requestsPerSecond: now.perSecond, forMs: now.forMs } as const
      return inTransaction(db, (tx) => recordPace(tx, 'acme', pace, rate))
    }
    case 'free':
      return inTransaction(db, (tx) => recordPace(tx, 'acme', { kind: 'free' }, rate))
    default:
      return now satisfies never
  }
}

test('three processes that take all they can get keep to one budget, and none of them starves', async ({
  onTestFinished: after,
}) => {
  const world = await createTestAccount()
  after(world.close)
  const rate = { requestsPerSecond: 60, burst: 6 }
  const setup = { url: world.url, account: 'acme', rate }
  const spenders = Array.from({ length: PROCESSES }, () => startSpender(setup))
  const stop = () => Promise.all(spenders.map((one) => one.stop()))
  after(async () => void (await stop()))

  // None of them stops before all have theirs: who starves never gets there.
  const allHaveTheirs = () => spenders.every(({ moments }) => moments.length >= 2 * rate.burst + 10)
  await waitFor(allHaveTheirs, { what: 'tokens for each of them', timeoutMs: 60_000 })
  await stop()

  const all = spenders.flatMap(({ moments }) => moments)
  expect(findExcess(all, rate)).toBeNull()
}, 180_000)

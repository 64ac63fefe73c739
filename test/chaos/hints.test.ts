import { Webhook } from 'svix'
import { expect, test } from 'vitest'

import type { Simulator } from '../../src/simulator/server.ts'
import { query } from '../support/account.ts'
import { meanOf, trueLags } from '../support/truth.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorldOf, startAccount, startTestDaemon } from '../support/world.ts'

const SECRET = `whsec_${Buffer.from('a secret that only tests may know').toString('base64')}`
const MINUTES = 2.5
/**
 * Fifty seconds' worth of pages, and few changes for the budget: where hints alone would take half of it, the changes that
 * they miss would wait for twice as long.
 */
const WORLD = { migrations: 2_000, history: 0, aliveShare: 1, arrivalS: 1, typicalLifeS: 4_200, seed: 5 }
const BUDGET = { requestsPerSecond: 4, burst: 8, pageSize: 10, lagGoalMs: 0 }

/** What the provider's webhooks tell: four changes of five, late, at times twice, out of order, and one in ten is false. */
function tellChanges(simulator: Simulator, address: string) {
  const known = new Map(simulator.truth().map(({ id, status }) => [id, status]))
  const counts = { true: 0, false: 0 }
  const flying = new Set<Promise<unknown>>()
  let serial = 0

  async function send(id: string, status: string, lateMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, lateMs))
    serial += 1
    const at = new Date()
    const msg = `msg_${serial}`
    const object = { object: 'migration', id, status }
    const body = JSON.stringify({ type: 'migration.changed', data: { migration_id: id, object } })
    const headers = {
      'svix-id': msg,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(SECRET).sign(msg, at, body),
    }
    await fetch(address, { method: 'POST', headers, body }).catch(() => undefined)
  }
  const post = (id: string, status: string, lateMs: number) => {
    const one = send(id, status, lateMs).finally(() => flying.delete(one))
    flying.add(one)
  }

  function tell(id: string, status: string, all: ReturnType<Simulator['truth']>): void {
    if (Math.random() < 0.8) {
      counts.true += 1
      post(id, status, 500 * Math.random())
      if (Math.random() < 0.2) post(id, status, 2_000 * Math.random())
    }
    const other = Math.random() < 0.1 ? all[Math.floor(Math.random() * all.length)] : undefined
    if (other === undefined) return
    counts.false += 1
    post(other.id, 'COMPLETE', 500 * Math.random())
  }

  const timer = setInterval(() => {
    const truth = simulator.truth()
    for (const { id, status } of truth) {
      if (known.get(id) === status) continue
      known.set(id, status)
      tell(id, status, truth)
    }
  }, 200)
  return {
    counts,
    stop: async () => {
      clearInterval(timer)
      await Promise.all(flying)
    },
  }
}

test('hints for four changes of five make the mean lag a third at the same budget, and false ones cost little of it', async ({
  onTestFinished,
}) => {
  const plain = await startAccount(onTestFinished, 'plain', { ...WORLD, speed: 1 }, BUDGET)
  const hinted = await startAccount(
    onTestFinished,
    'hinted',
    { ...WORLD, speed: 1 },
    { ...BUDGET, ingestSecrets: [SECRET] },
  )
  const world = await createWorldOf(onTestFinished, [plain, hinted])
  // What is there at first is met on a larger budget: it is not what is measured.
  const eager = world.config.accounts.map((one) => ({
    ...one,
    requestsPerSecond: 100,
    burst: 100,
    pageSize: 100,
  }))
  const first = await startTestDaemon(onTestFinished, { ...world.config, accounts: eager })
  await waitFor(
    async () => {
      const [row] = await query(
        world.db,
        'select count(*)::int as n from landfall.account where baseline_at is not null',
      )
      return row?.['n'] === 2
    },
    { what: 'both baselines', timeoutMs: 180_000 },
  )
  await first.stop()
  // It knew the list by pages of another size.
  await query(world.db, 'update landfall.planner set learned = null')
  const daemon = await startTestDaemon(onTestFinished, world.config)
  const fromMs = Date.now()
  const teller = tellChanges(hinted.simulator, `${daemon.url}/ingest/hinted`)
  onTestFinished(teller.stop)
  await waitFor(() => Date.now() - fromMs > MINUTES * 60_000, {
    what: 'the time',
    timeoutMs: MINUTES * 90_000,
  })
  await teller.stop()

  const without = meanOf(await trueLags(world.db, 'plain', plain.simulator.truth(), fromMs))
  const withHints = meanOf(await trueLags(world.db, 'hinted', hinted.simulator.truth(), fromMs))
  const spent = (one: typeof plain) => one.simulator.requests().filter(({ at }) => at >= fromMs).length
  console.info({
    without,
    withHints,
    hints: teller.counts,
    requests: { plain: spent(plain), hinted: spent(hinted) },
  })
  expect(Math.min(without.changes, withHints.changes)).toBeGreaterThan(30)
  expect(spent(hinted)).toBeLessThanOrEqual(1.1 * spent(plain) + 10)
  expect(teller.counts.false / spent(hinted)).toBeLessThan(0.1)
  expect(without.mean / withHints.mean).toBeGreaterThan(3)
})

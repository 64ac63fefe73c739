import { describe, expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Db } from '../../src/store/db.ts'
import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type After,
  callsTo,
  countPolls,
  createWorldOf,
  makeAllDue,
  type SimulatedAccount,
  STILL_LIVES,
  startAccount,
  startTestDaemon,
  waitForTruth,
} from '../support/world.ts'

/** One daemon for several accounts, all of which are being polled. */
async function startAccounts(after: After, names: readonly string[], options: SimulatorOptions) {
  const budget = { requestsPerSecond: 20, burst: 20 }
  const accounts = await Promise.all(names.map((name) => startAccount(after, name, options, budget)))
  const world = await createWorldOf(after, accounts, { events: EVENT_TYPES })
  await startTestDaemon(after, world.config)
  const arePolled = async () => (await makeAllDue(world.db)) && accounts.every((one) => countPolls(one) > 5)
  await waitFor(arePolled, { what: 'polls of every account', timeoutMs: 30_000 })
  return { ...world, accounts }
}

/**
 * Waits, with everything due, until the provider has answered like this, and then has not been asked for so long: what was on its
 * way when the answer was read has arrived. Returns how many requests there were until then.
 */
async function waitForSilence(db: Db, { simulator }: SimulatedAccount, statusCode: number, ms: number) {
  const isSilent = async () => {
    await makeAllDue(db)
    const lastAt = simulator.requests().at(-1)?.at ?? 0
    return (simulator.counts().statusCodes[statusCode] ?? 0) > 0 && Date.now() - lastAt > ms
  }
  await waitFor(isSilent, { what: `silence after ${statusCode}`, timeoutMs: 30_000 })
  return simulator.requests().length
}

/** Waits, with everything due, for the request after so many; returns how long after the one before it that came. */
async function measureSilence(db: Db, { simulator }: SimulatedAccount, count: number): Promise<number> {
  const next = async () => (await makeAllDue(db)) && simulator.requests()[count]
  const { at } = await waitFor(next, { what: 'the next request', timeoutMs: 60_000 })
  return at - (simulator.requests()[count - 1]?.at ?? 0)
}

describe.concurrent('too many requests', () => {
  const faults = {
    seconds: '429_retry_after.seconds',
    date: '429_retry_after.date',
    ill: '5xx.503_retry_after',
  } as const

  test('the whole account is silent for as long as the provider asks, however it says so', async ({
    onTestFinished: after,
  }) => {
    const { db, accounts } = await startAccounts(after, Object.keys(faults), {
      ...STILL_LIVES,
      retryAfterSeconds: 3,
    })

    const silences = await Promise.all(
      accounts.map(async (account) => {
        account.simulator.setFaults({ [faults[account.name as keyof typeof faults]]: 1 })
        // Refused too is what was still on its way.
        const count = await waitForSilence(db, account, account.name === 'ill' ? 503 : 429, 2_000)
        account.simulator.setFaults({})
        return measureSilence(db, account, count)
      }),
    )

    for (const silenceMs of silences) expect(silenceMs).toBeGreaterThanOrEqual(3_000)
  }, 180_000)
})

describe.concurrent('a key that is not accepted', () => {
  test('one event, a slow probe, and all is caught up once it is accepted again', async ({
    onTestFinished: after,
  }) => {
    const names = ['401', '403'] as const
    const { db, accounts, receiver } = await startAccounts(after, names, {
      migrations: 60,
      slowBodyMs: 2_500,
    })
    const probe = (name: string) =>
      query(db, 'update landfall.account set probe_at = now() where name = $1', [name])

    await Promise.all(
      accounts.map(async (account) => {
        const { name, simulator } = account
        const states = () => listStateEvents(db, name)
        const isSuspended = async () => (await makeAllDue(db)) && (await states()).length > 0
        // Good answers to what was asked before are still to come; they do not mean that the key works again.
        simulator.setFaults({ slow_body: 1 })
        const areSlow = async () =>
          (await makeAllDue(db)) && (simulator.counts().faults['slow_body'] ?? 0) >= 3
        await waitFor(areSlow, { what: 'slow answers' })
        simulator.setFaults({ [name]: 1 })
        await waitFor(isSuspended, { what: 'the suspension', timeoutMs: 20_000 })
        const count = await waitForSilence(db, account, Number(name), 5_000)
        const later = () => simulator.requests().slice(count)

        expect(await states()).toEqual(['account.suspended'])
        await probe(name)
        await waitFor(() => later().length > 0, { what: 'a probe' })
        expect(later()).toMatchObject([{ kind: 'list', statusCode: Number(name) }])
        expect(await states()).toEqual(['account.suspended'])
        simulator.setFaults({})
      }),
    )

    for (const { name } of accounts) await probe(name)
    const areResumed = async () => (await listStateEvents(db)).length === 4
    await waitFor(areResumed, { what: 'the resumptions', timeoutMs: 15_000 })
    for (const { simulator } of accounts) simulator.freeze()
    await waitForTruth(db, () => accounts.flatMap(({ simulator }) => simulator.truth()))
    for (const { name } of accounts) {
      const told = callsTo(receiver).filter(({ data }) => data['account'] === name)
      const types = told.map(({ type }) => type)
      expect(types.filter((type) => /suspended|resumed/.test(type))).toEqual([
        'account.suspended',
        'account.resumed',
      ])
    }
  }, 180_000)
})

async function listStateEvents(db: Db, account: string | null = null): Promise<string[]> {
  const rows = await query<{ type: string }>(
    db,
    `select type from reporting.events where type in ('account.suspended', 'account.resumed')
     and account = coalesce($1, account) order by sequence`,
    [account],
  )
  return rows.map(({ type }) => type)
}

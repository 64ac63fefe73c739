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

/** For requests that were on their way when the answer that stops them was read. */
const ON_THEIR_WAY_MS = 1_000

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

/** Waits, with everything due, until the provider has answered like this so often; returns when it last did. */
async function waitUntilAnswered(db: Db, { simulator }: SimulatedAccount, statusCode: number, times: number) {
  const count = async () =>
    (await makeAllDue(db)) && (simulator.counts().statusCodes[statusCode] ?? 0) >= times
  await waitFor(count, { what: `${times} answers ${statusCode}`, timeoutMs: 20_000 })
  return simulator.requests().findLast((request) => request.statusCode === statusCode)?.at ?? 0
}

/** Waits, with everything due, for the first request after that moment; returns how long after it that came. */
async function measureSilence(db: Db, { simulator }: SimulatedAccount, sinceMs: number): Promise<number> {
  const next = () => simulator.requests().find(({ at }) => at > sinceMs + ON_THEIR_WAY_MS)
  const came = async () => (await makeAllDue(db)) && next()
  return (await waitFor(came, { what: 'the next request', timeoutMs: 60_000 })).at - sinceMs
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
        const refusedAt = await waitUntilAnswered(db, account, account.name === 'ill' ? 503 : 429, 1)
        account.simulator.setFaults({})
        return measureSilence(db, account, refusedAt)
      }),
    )

    for (const silenceMs of silences) {
      expect(silenceMs).toBeGreaterThanOrEqual(3_000)
      expect(silenceMs).toBeLessThan(8_000)
    }
  }, 60_000)
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
        const sinceMs = Date.now() + ON_THEIR_WAY_MS
        const later = () => simulator.requests().filter(({ at }) => at > sinceMs)
        await waitFor(() => Date.now() > sinceMs + 5_000, { what: 'the slow answers, and silence' })

        expect(later()).toEqual([])
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
  }, 60_000)
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

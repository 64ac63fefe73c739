import { describe, expect, test } from 'vitest'

import type { RateLimit, RateLimitStyle } from '../../src/simulator/options.ts'
import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import type { Db } from '../../src/store/db.ts'
import { effectiveRate } from '../../src/store/pacing.ts'
import { query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type After,
  createWorldOf,
  makeAllDue,
  type SimulatedAccount,
  STILL_LIVES,
  startAccount,
  startTestDaemon,
} from '../support/world.ts'

/** Twice what the provider of these tests allows. */
const rate = { requestsPerSecond: 20, burst: 10 }
const allowed: RateLimit = { requestsPerSecond: 10, burst: 10, retryAfter: 'none' }

/** One daemon with an account for each of the limits, which asks for all that is due and not only for what is worth it. */
async function startAccounts(after: After, limits: Readonly<Record<string, RateLimit>>) {
  const accounts = await Promise.all(
    Object.entries(limits).map(([name, rateLimit]) =>
      startAccount(
        after,
        name,
        { ...STILL_LIVES, rateLimit },
        { ...rate, policy: 'backoff', sweepEveryMs: 600_000 },
      ),
    ),
  )
  const world = await createWorldOf(after, accounts)
  await startTestDaemon(after, world.config)
  return { ...world, accounts }
}

const isRefused = ({ statusCode }: LoggedRequest) => statusCode === 429

/** Waits, with everything always due, until each account has sent so many requests since that moment. */
async function waitForRequests(
  db: Db,
  accounts: readonly SimulatedAccount[],
  sinceMs: number,
  count: number,
) {
  const since = ({ simulator }: SimulatedAccount) => simulator.requests().filter(({ at }) => at >= sinceMs)
  const all = async () => (await makeAllDue(db)) && accounts.every((one) => since(one).length >= count)
  await waitFor(all, { what: `${count} requests of each account`, timeoutMs: 90_000 })
  return accounts.map((one) => ({ name: one.name, requests: since(one) }))
}

describe.concurrent('a provider that allows half of what is configured', () => {
  test('is found out by its refusals, and then refuses at most one request in twenty', async ({
    onTestFinished: after,
  }) => {
    const { db, accounts } = await startAccounts(after, {
      silent: allowed,
      seconds: { ...allowed, retryAfter: 'seconds' },
    })
    const refused = () => accounts.every(({ simulator }) => simulator.requests().some(isRefused))
    await waitFor(async () => (await makeAllDue(db)) && refused(), { what: 'a refusal', timeoutMs: 30_000 })

    const slowed = async (name: string) =>
      (await effectiveRate(db, name, rate)) < rate.requestsPerSecond * 0.6
    for (const { name } of accounts) await waitFor(() => slowed(name), { what: `${name} to slow down` })
    for (const { name, requests } of await waitForRequests(db, accounts, Date.now() + 1_000, 120)) {
      expect(requests.filter(isRefused).length / requests.length, name).toBeLessThanOrEqual(0.05)
    }
  }, 180_000)

  test('that tells of its limit, however it does, refuses next to nothing', async ({
    onTestFinished: after,
  }) => {
    const styles: RateLimitStyle[] = ['ietf', 'ietf_old', 'x_seconds', 'x_epoch', 'x_epoch_ms', 'x_date']
    const limits = styles.map((headers) => [headers, { ...allowed, windowS: 3, headers }] as const)
    const { db, accounts } = await startAccounts(after, Object.fromEntries(limits))

    for (const { name, requests } of await waitForRequests(db, accounts, 0, 100)) {
      // Of some hundred; a busy machine lets a few out together that were to go one by one.
      expect(requests.filter(isRefused).length, name).toBeLessThanOrEqual(3)
    }
    for (const { name } of accounts) {
      const [row] = await query<{ share: number }>(
        db,
        'select share from landfall.budget where account = $1',
        [name],
      )
      expect(row?.share, name).toBeGreaterThanOrEqual(0.5)
    }
  }, 180_000)

  test('and later all of it gets all of it again, slowly', async ({ onTestFinished: after }) => {
    const { db, accounts } = await startAccounts(after, { acme: allowed })
    const [{ simulator }] = accounts as [SimulatedAccount]
    const speed = () => effectiveRate(db, 'acme', rate)
    const slowed = async () => (await makeAllDue(db)) && (await speed()) < rate.requestsPerSecond
    await waitFor(slowed, { what: 'the account to slow down', timeoutMs: 30_000 })
    const slow = await speed()
    simulator.setRateLimit(null)

    const pass = (minutes: number) =>
      query(db, `update landfall.budget set share_at = share_at - make_interval(mins => $1)`, [minutes])
    await pass(1)
    expect(await speed()).toBeLessThanOrEqual(slow + rate.requestsPerSecond * 0.06)
    await pass(30)
    expect(await speed()).toBe(rate.requestsPerSecond)
    const recoveredAt = Date.now() + 1_000
    const [account] = await waitForRequests(db, accounts, recoveredAt, 100)
    expect(account?.requests.some(isRefused)).toBe(false)
    const tookMs = (account?.requests.at(-1)?.at ?? 0) - recoveredAt
    // Faster than half of it allows, even on a busy machine.
    expect(tookMs).toBeLessThan((100 / allowed.requestsPerSecond) * 1_000)
  }, 180_000)
})

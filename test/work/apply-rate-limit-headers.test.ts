import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { RateLimitHint } from '../../src/domain/rate-limit-headers.ts'
import type { Answer } from '../../src/providers/provider.ts'
import { spendToken } from '../../src/store/budgets.ts'
import { effectiveRate } from '../../src/store/pacing.ts'
import { applyRateLimitHeaders } from '../../src/work/apply-rate-limit-headers.ts'
import { askProvider } from '../../src/work/ask-provider.ts'
import { settleAnswer } from '../../src/work/settle-answer.ts'
import { capture } from '../runtime/capture-log.ts'
import { createTestAccount, query } from '../support/account.ts'

const rate = { requestsPerSecond: 10, burst: 20 }
let world: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  world = await createTestAccount({ account: { rate } })
})
afterEach(() => world.close())

const never = new AbortController().signal
const spend = () => spendToken(world.db, 'acme', 'get', rate)
const speed = () => effectiveRate(world.db, 'acme', rate)

const left = (remaining: number, resetMs: number): RateLimitHint => ({
  remaining,
  resetMs,
  limit: null,
  windowMs: null,
})

async function ask(answer: Answer<unknown>) {
  const asked = await askProvider(world.deps, world.account, 'get', async () => answer, never)
  if (asked.kind !== 'answered') throw new Error('there was a token')
  return asked
}

const good = (rateLimit: RateLimitHint): Answer<unknown> => ({ kind: 'ok', value: {}, rateLimit })

describe('what a good answer says of the limit', () => {
  test('stops the account where nothing is left, until the reset', async () => {
    await applyRateLimitHeaders(world.deps, world.account, await ask(good(left(0, 60_000))))
    expect(await spend()).toEqual({ kind: 'refused' })
    const [row] = await query<{ wait: number; share: number }>(
      world.db,
      `select extract(epoch from blocked_until - now())::float8 as wait, share from landfall.budget`,
    )
    expect(row?.wait).toBeGreaterThan(50)
    expect(row?.wait).toBeLessThanOrEqual(60)
    // Nobody was refused anything.
    expect(row?.share).toBe(1)
  })

  test('spreads what is left, without what others have sent meanwhile', async () => {
    const asked = await ask(good(left(25, 5_000)))
    for (let i = 0; i < 5; i += 1) expect((await spend()).kind).toBe('granted')
    await applyRateLimitHeaders(world.deps, world.account, asked)
    expect(await speed()).toBe(4)
  })

  test('costs nothing where the limit is far away', async () => {
    const asked = await ask(good(left(1_000, 10_000)))
    const version = () => query(world.db, 'select xmin::text from landfall.budget')
    const before = await version()
    await applyRateLimitHeaders(world.deps, world.account, asked)
    expect(await version()).toEqual(before)
  })

  test('ends a pace that earlier answers asked for', async () => {
    await applyRateLimitHeaders(world.deps, world.account, await ask(good(left(30, 60_000))))
    expect(await speed()).toBeLessThan(1)
    await applyRateLimitHeaders(world.deps, world.account, await ask(good(left(1_000, 10_000))))
    expect(await speed()).toBe(10)
  })
})

describe('a refusal for too many requests', () => {
  const settle = (statusCode: 429 | 503, requestedAt: Date) =>
    settleAnswer(
      world.deps,
      world.account,
      { kind: 'throttled', statusCode, retryAfterMs: 0, rateLimit: left(0, 60_000) },
      requestedAt,
    )
  const sentAt = async () => (await ask({ kind: 'missing' })).requestedAt
  /** When a request was sent that waited for the pause to end. */
  const sentLater = async () => {
    const [row] = await query<{ at: Date }>(
      world.db,
      "select greatest(blocked_until, clock_timestamp()) + interval '2 ms' as at from landfall.budget",
    )
    if (row === undefined) throw new Error('there is a budget')
    return row.at
  }

  test('halves the rate, once for all that was sent before', async () => {
    const moments = [await sentAt(), await sentAt(), await sentAt()]
    await Promise.all(moments.map((at) => settle(429, at)))
    expect(await speed()).toBeCloseTo(5, 1)
  })

  test('halves the rate once, however often it is repeated before anything else is answered', async () => {
    for (let i = 0; i < 4; i += 1) await settle(429, await sentLater())
    expect(await speed()).toBeCloseTo(5, 1)

    await settleAnswer(world.deps, world.account, { kind: 'missing' }, await sentLater())
    await settle(429, await sentLater())
    expect(await speed()).toBeCloseTo(2.5, 1)
  })

  test('keeps the rate from growing back until its pause is over', async () => {
    await settle(429, await sentLater())
    const refused = { kind: 'throttled', statusCode: 429, retryAfterMs: 600_000 } as const
    await settleAnswer(world.deps, world.account, refused, await sentLater())
    const [row] = await query<{ wait: number }>(
      world.db,
      'select extract(epoch from share_at - blocked_until)::float8 as wait from landfall.budget',
    )
    expect(row?.wait).toBeCloseTo(0, 1)
  })

  test('waits as long as Retry-After says, whatever else is said', async () => {
    const asked = await ask({
      kind: 'throttled',
      statusCode: 429,
      retryAfterMs: 0,
      rateLimit: left(0, 60_000),
    })
    await settleAnswer(world.deps, world.account, asked.answer, asked.requestedAt)
    await applyRateLimitHeaders(world.deps, world.account, asked)
    const rows = await query(
      world.db,
      'select 1 from landfall.budget where blocked_until > clock_timestamp()',
    )
    expect(rows).toEqual([])
  })

  test('is no mere overload, which leaves the rate as it is', async () => {
    await settle(503, await sentAt())
    expect(await speed()).toBe(10)
  })

  test('is told when it slows the account, and again when the account has recovered', async () => {
    const { log, fields } = capture()
    const deps = { ...world.deps, log }
    await settleAnswer(
      deps,
      world.account,
      { kind: 'throttled', statusCode: 429, retryAfterMs: 0 },
      await sentAt(),
    )
    // The bucket is empty after a pause, and 10 minutes give everything back.
    await query(
      world.db,
      `update landfall.budget set full_at = now(), share_at = now() - interval '10 minutes', blocked_until = null`,
    )
    for (let i = 0; i < 2; i += 1) {
      await askProvider(deps, world.account, 'get', async () => ({ kind: 'missing' }), never)
    }
    expect(fields().map(({ msg }) => msg)).toEqual([
      'account.throttled',
      'account.slowed',
      'account.recovered',
    ])
  })
})

import { expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { query } from '../support/account.ts'
import { startDaemonChild, waitForExit } from '../support/daemon-child.ts'
import { canStartRedisServer, NEEDS_REDIS } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorld, expectPromisesKept, startRedis, waitForTruth } from '../support/world.ts'

const backends = [
  { name: 'on Postgres', needsRedis: false },
  { name: 'on Redis', needsRedis: true },
]

test.concurrent.for(backends)(
  'SIGTERM in the middle of slow deliveries and polls: they end, the exit code is 0, nothing is half done ($name)',
  { timeout: 180_000 },
  async ({ needsRedis }, { skip, onTestFinished: after }) => {
    skip(needsRedis && !canStartRedisServer(), NEEDS_REDIS)
    const redisUrl = needsRedis ? (await startRedis(after)).url : null
    const lives = { migrations: 60, history: 10, arrivalS: 300, latencyMs: 300 }
    const world = await createWorld(after, { simulator: lives, hook: { events: EVENT_TYPES }, redisUrl })
    const { db, simulator, receiver } = world
    const start = () => {
      const child = startDaemonChild(world.config)
      after(child.kill)
      return child
    }
    let answered = 0
    receiver.behave(() => {
      setTimeout(() => (answered += 1), 3_000)
      return { delayMs: 3_000 }
    })
    const first = start()
    await waitFor(() => receiver.requests.length >= 10, { what: 'deliveries under way', timeoutMs: 30_000 })

    first.signal('SIGTERM')
    expect(await waitForExit(first, 25_000), first.errors()).toBe(0)
    const held = await query(
      db,
      `select 'poll' as what from landfall.migration where lease_until is not null
       union all select 'page' from landfall.walk where lease_until is not null
       union all select 'delivery' from landfall.delivery where lease_until > now() + interval '6 seconds'`,
    )
    expect(held).toEqual([])
    const [row] = await query<{ n: number }>(
      db,
      `select count(*)::int as n from reporting.deliveries where state = 'delivered'`,
    )
    expect(row?.n).toBe(receiver.requests.length)
    expect(answered).toBe(receiver.requests.length)

    receiver.behave(() => ({}))
    start()
    const later = () => receiver.requests.length > (row?.n ?? 0) + 10
    await waitFor(later, { what: 'the next process to go on', timeoutMs: 30_000 })
    simulator.freeze()
    await waitForTruth(db, () => simulator.truth())
    const { repeated } = await expectPromisesKept(world, simulator.truth())
    expect(repeated).toBe(0)
  },
)

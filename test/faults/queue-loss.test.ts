import { describe, expect, test } from 'vitest'

import { query } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { canStartRedisServer, NEEDS_REDIS } from '../support/redis.ts'
import { sendToRedis } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type After,
  createWorld,
  expectPromisesKept,
  shareEnded,
  startRedis,
  startTestDaemon,
  type World,
  waitForTruth,
} from '../support/world.ts'

/** New migrations appear all the time, so that there is always something to see. */
const steady = { migrations: 200, arrivalS: 1_200, aliveShare: 0.2, history: 10 }

async function startSteady(after: After, redisUrl: string | null): Promise<World> {
  const world = await createWorld(after, { simulator: steady, redisUrl })
  await startTestDaemon(after, world.config)
  await waitFor(() => isAtWork(world, 0), { what: 'work to begin', timeoutMs: 20_000 })
  return world
}

async function isAtWork({ db, simulator }: World, sinceMs: number): Promise<boolean> {
  if (!simulator.requests().some(({ at }) => at > sinceMs)) return false
  const rows = await query(db, 'select 1 from landfall.transition where recorded_at > $1 limit 1', [
    new Date(sinceMs),
  ])
  return rows.length > 0
}

/** How long it takes until requests that were planned after this moment, and transitions, come in again. */
async function measureRecovery(world: World): Promise<number> {
  // What had been handed to the workers before is over by then.
  const sinceMs = Date.now() + 1_000
  await waitFor(() => isAtWork(world, sinceMs), { what: 'work to go on', timeoutMs: 20_000 })
  return Date.now() - sinceMs + 1_000
}

async function expectNothingLost(world: World): Promise<void> {
  const { db, simulator } = world
  await waitFor(() => shareEnded(simulator.truth()) > 0.3, { what: 'lives to end', timeoutMs: 30_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth())
  await expectPromisesKept(world, simulator.truth())
}

describe.concurrent('on Postgres', () => {
  test('schema bullmq dropped, connections cut: work goes on within ten seconds and nothing is lost', async ({
    onTestFinished: after,
  }) => {
    const world = await startSteady(after, null)
    const { db } = world
    const recoveries: Record<string, number> = {}

    // Whoever drops it may meet a deadlock with those who use it, and tries again.
    const drop = () => query(db, 'drop schema bullmq cascade')
    await waitFor(drop, { what: 'the schema to be dropped', timeoutMs: 20_000 })
    recoveries['schema dropped'] = await measureRecovery(world)
    for (const time of ['once', 'twice']) {
      await query(
        db,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      )
      recoveries[`cut ${time}`] = await measureRecovery(world)
    }
    await query(db, 'truncate bullmq.job cascade')
    recoveries['jobs gone'] = await measureRecovery(world)

    for (const ms of Object.values(recoveries)) expect(ms).toBeLessThan(10_000)
    await expectNothingLost(world)
  }, 180_000)
})

describe.concurrent('on Redis', needs(NEEDS_REDIS, canStartRedisServer()), () => {
  test('flushed, full, killed and restarted: work goes on within ten seconds and nothing is lost', async ({
    onTestFinished: after,
  }) => {
    const redis = await startRedis(after)
    const world = await startSteady(after, redis.url)
    const recoveries: Record<string, number> = {}

    const port = Number(new URL(redis.url).port)
    for (const time of ['once', 'twice']) {
      await sendToRedis(port, 'FLUSHALL')
      recoveries[`flushed ${time}`] = await measureRecovery(world)
    }
    await sendToRedis(port, 'CONFIG SET maxmemory 1')
    await waitFor(async () => (await loadPlanned(world)).ago > 2, { what: 'a full Redis', timeoutMs: 20_000 })
    await sendToRedis(port, 'CONFIG SET maxmemory 0')
    recoveries['full'] = await measureRecovery(world)
    await redis.kill()
    const { planned } = await loadPlanned(world)
    await waitFor(async () => (await loadPlanned(world)).ago > 3, { what: 'an outage', timeoutMs: 20_000 })
    expect((await loadPlanned(world)).planned - planned).toBeLessThan(2_000)
    await redis.restart()
    recoveries['restarted'] = await measureRecovery(world)

    for (const ms of Object.values(recoveries)) expect(ms).toBeLessThan(10_000)
    await expectNothingLost(world)
  }, 180_000)

  test('a daemon that starts while Redis is away begins its work when it is there', async ({
    onTestFinished: after,
  }) => {
    const redis = await startRedis(after)
    await redis.kill()
    const world = await createWorld(after, { simulator: steady, redisUrl: redis.url })
    await startTestDaemon(after, world.config)
    expect(world.simulator.requests()).toEqual([])

    await redis.restart()
    expect(await measureRecovery(world)).toBeLessThan(10_000)
  }, 180_000)
})

async function loadPlanned({ db }: World): Promise<{ planned: number; ago: number }> {
  const [row] = await query<{ planned_at: Date; ago: number }>(
    db,
    'select planned_at, extract(epoch from now() - planned_at)::float8 as ago from landfall.account',
  )
  return { planned: row?.planned_at.getTime() ?? 0, ago: row?.ago ?? 0 }
}

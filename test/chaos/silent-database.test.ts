import { expect, test } from 'vitest'

import { createTcpProxy } from '../queue/tcp-proxy.ts'
import { query } from '../support/account.ts'
import { canStartRedisServer } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createWorld,
  expectPromisesKept,
  startRedis,
  startTestDaemon,
  waitForTruth,
} from '../support/world.ts'

// As when the machine of the database dies, or a firewall forgets its connections: no answer, no end, no error.
test.skipIf(!canStartRedisServer())(
  'connections to the database that fall silent are given up within half a minute',
  { timeout: 120_000 },
  async ({ onTestFinished: after }) => {
    const redis = await startRedis(after)
    const steady = { migrations: 200, arrivalS: 2_000, aliveShare: 0.2, history: 10 }
    const world = await createWorld(after, { simulator: steady, redisUrl: redis.url })
    const { db, simulator, databaseUrl } = world
    const real = new URL(databaseUrl)
    const proxy = await createTcpProxy({ host: real.hostname, port: Number(real.port) })
    after(proxy.close)
    const through = new URL(databaseUrl)
    through.port = String(proxy.port)
    await startTestDaemon(after, { ...world.config, databaseUrl: through.href })
    await waitFor(() => simulator.requests().length > 20, { what: 'work to begin', timeoutMs: 20_000 })

    proxy.strand()
    const sinceMs = Date.now() + 1_000
    const recorded = () =>
      query(db, 'select 1 from landfall.transition where recorded_at > $1 limit 1', [new Date(sinceMs)])
    const goesOn = async () =>
      simulator.requests().some(({ at }) => at > sinceMs) && (await recorded()).length > 0
    await waitFor(goesOn, { what: 'work to go on', timeoutMs: 90_000 })
    expect(Date.now() - sinceMs).toBeLessThan(30_000)

    simulator.freeze()
    await waitForTruth(db, () => simulator.truth())
    await expectPromisesKept(world, simulator.truth())
  },
)

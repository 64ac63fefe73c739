import { expect, test } from 'vitest'

import { checkRedis } from '../../src/queue/check.ts'
import { needs } from '../support/needs.ts'
import { canStartRedisServer, NEEDS_REDIS, sendToRedis, startRedisServer } from '../support/redis-server.ts'

test(
  'tells which keys Redis evicts when its memory is full',
  needs(NEEDS_REDIS, canStartRedisServer()),
  async ({ onTestFinished }) => {
    const server = await startRedisServer()
    onTestFinished(server.stop)
    expect(await checkRedis(server.url)).toMatchObject({ ok: true, evictionPolicy: 'noeviction' })

    await sendToRedis(Number(new URL(server.url).port), 'CONFIG SET maxmemory-policy allkeys-lru')
    expect(await checkRedis(server.url)).toMatchObject({ ok: true, evictionPolicy: 'allkeys-lru' })
  },
)

import { test } from 'vitest'

import { canStartRedisServer } from '../support/redis.ts'
import { startRedis } from '../support/world.ts'
import { proveReplicas } from './replicas.ts'

test.concurrent('three daemons on Postgres share the work, also while one is frozen', {
  timeout: 60_000,
}, async ({ onTestFinished: after }) => {
  await proveReplicas(after, null)
})

test
  .skipIf(!canStartRedisServer())
  .concurrent(
    'three daemons on Redis share the work, also while one is frozen',
    { timeout: 60_000 },
    async ({ onTestFinished: after }) => {
      const redis = await startRedis(after)
      await proveReplicas(after, redis.url)
    },
  )

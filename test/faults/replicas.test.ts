import { test } from 'vitest'

import { needs } from '../support/needs.ts'
import { canStartRedisServer, NEEDS_REDIS } from '../support/redis.ts'
import { startRedis } from '../support/world.ts'
import { proveReplicas } from './replicas.ts'

test.concurrent('three daemons on Postgres share the work, also while one is frozen', {
  timeout: 180_000,
}, async ({ onTestFinished: after }) => {
  await proveReplicas(after, null)
})

test.concurrent('three daemons on Redis share the work, also while one is frozen', {
  timeout: 180_000,
  ...needs(NEEDS_REDIS, canStartRedisServer()),
}, async ({ onTestFinished: after }) => {
  const redis = await startRedis(after)
  await proveReplicas(after, redis.url)
})

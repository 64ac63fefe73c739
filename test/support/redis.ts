import { inject } from 'vitest'
import type {} from './services.ts'

export { canStartRedisServer, NEEDS_REDIS, startRedisServer } from './redis-server.ts'

/** The Redis that all test files share: nobody flushes it. Null where the run has none. */
export function redisUrl(): string | null {
  return inject('redisUrl')
}

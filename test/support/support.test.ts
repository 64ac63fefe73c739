import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from './database.ts'
import { needs } from './needs.ts'
import { canStartRedisServer, NEEDS_REDIS, startRedisServer } from './redis.ts'
import { sendToRedis } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

test('a test database is empty, and dropped under the feet of whoever uses it', async () => {
  const database = await createDatabase()
  const client = new pg.Client(database.url)
  const cutOff = new Promise<Error>((resolve) => client.on('error', resolve))
  await client.connect()
  const { rows } = await client.query(
    `select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)'`,
  )
  expect(rows).toEqual([{ nspname: 'public' }])

  await database.drop()

  expect((await cutOff).message).toMatch(/terminat/)
})

test(
  'a Redis of its own comes back on the same port after kill -9',
  needs(NEEDS_REDIS, canStartRedisServer()),
  async () => {
    const redis = await startRedisServer({ isPersistent: true })
    const port = Number(new URL(redis.url).port)
    expect(await sendToRedis(port, 'SET landed yes')).toBe('+OK')

    await redis.kill()
    await expect(sendToRedis(port, 'PING')).rejects.toThrow()
    await redis.restart()

    expect(await sendToRedis(port, 'EXISTS landed')).toBe(':1')
    await redis.stop()
    await expect(sendToRedis(port, 'PING')).rejects.toThrow()
  },
)

test('what is awaited in vain is named with its last value', async () => {
  const waiting = waitFor(() => 0, { what: 'three landings', timeoutMs: 30 })
  await expect(waiting).rejects.toThrow('Waited 30 ms in vain for three landings; last: 0')
})

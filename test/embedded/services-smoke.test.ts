import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from '../support/database.ts'
import { redisUrl } from '../support/redis.ts'

test('a test gets a database of its own', async () => {
  const database = await createDatabase()
  const client = new pg.Client(database.url)
  await client.connect()
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
  await database.drop()
  console.log(database.url, redisUrl())
})

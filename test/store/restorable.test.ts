import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestAccount } from '../support/account.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>

beforeAll(async () => {
  world = await createTestAccount()
})
afterAll(() => world.close())

// A dump has each function as the server prints it.
test('the server can read back every function as it prints it', async () => {
  const { rows } = await world.db.pool.query<{ name: string; definition: string }>(`
    select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('landfall', 'reporting') and p.prokind = 'f'`)
  const refused: string[] = []
  for (const { name, definition } of rows) {
    await world.db.pool.query(definition).catch((err: Error) => refused.push(`${name}: ${err.message}`))
  }

  expect(rows.length).toBeGreaterThan(10)
  expect(refused).toEqual([])
})

import { afterAll, beforeAll, expect, test } from 'vitest'

import { findSchemaTroubles } from '../../src/store/schema-objects.ts'
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

// The server adds parentheses to a condition whenever it prints one, and reads it back.
test('triggers made anew from what the server prints count as unaltered', async () => {
  const { rows } = await world.db.pool.query<{ remake: string }>(`
    select format('drop trigger %I on %s; %s', tgname, tgrelid::regclass, pg_get_triggerdef(t.oid)) as remake
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'landfall'::regnamespace and not tgisinternal`)
  for (const { remake } of rows) await world.db.pool.query(remake)

  expect(rows.length).toBeGreaterThan(3)
  expect(await findSchemaTroubles(world.db)).toEqual([])
})

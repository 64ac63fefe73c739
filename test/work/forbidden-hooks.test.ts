import { afterAll, beforeAll, expect, test } from 'vitest'

import { createVault } from '../../src/runtime/vault.ts'
import { addStoredHook, alterStoredHook } from '../../src/work/stored-hooks.ts'
import { createTestAccount } from '../support/account.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeAll(async () => {
  landfall = await createTestAccount()
}, 60_000)
afterAll(() => landfall.close())

const vault = createVault(Buffer.alloc(32, 3).toString('base64'))
const depsFor = (allowPrivate: boolean) => ({
  db: landfall.db,
  vault,
  configured: new Set<string>(),
  allowPrivate,
})

test('a hook whose URL names an address that hooks may not call is neither added nor altered, unless that is allowed', async () => {
  const deps = depsFor(false)
  const outcome = {
    kind: 'refused',
    why: 'invalid',
    message: expect.stringContaining('LANDFALL_ALLOW_PRIVATE_HOOKS'),
  }
  expect(await addStoredHook(deps, { name: 'ops', url: 'https://hooks.example.com/in' })).toMatchObject({
    kind: 'ok',
  })
  for (const url of [
    'http://10.0.0.5/x',
    'http://[::1]/x',
    'http://169.254.169.254/x',
    'http://2130706433/x',
  ]) {
    const refused = await addStoredHook(deps, { name: 'inner', url })
    expect(refused).toMatchObject(outcome)
    expect(JSON.stringify(refused)).not.toContain('/x')
    expect(await addStoredHook(deps, { name: 'inner', kind: 'slack', url })).toMatchObject(outcome)
    expect(await alterStoredHook(deps, 'ops', { url })).toMatchObject(outcome)
  }
  expect(await alterStoredHook(deps, 'ops', { events: ['migration.failed'] })).toMatchObject({ kind: 'ok' })
  expect(await addStoredHook(depsFor(true), { name: 'inner', url: 'http://10.0.0.5/x' })).toMatchObject({
    kind: 'ok',
  })
})

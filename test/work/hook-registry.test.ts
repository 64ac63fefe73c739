import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createVault } from '../../src/runtime/vault.ts'
import { STORED_HOOKS_AT_MOST } from '../../src/store/stored-hooks.ts'
import { createHookRegistry, type HookRegistry } from '../../src/work/hook-registry.ts'
import { addStoredHook, dropStoredHook } from '../../src/work/stored-hooks.ts'
import { createTestAccount, query } from '../support/account.ts'
import { accepted } from '../support/hooks.ts'
import { waitFor } from '../support/wait-for.ts'

const vault = createVault(Buffer.alloc(32, 1).toString('base64'))
const configured = [{ name: 'fixed', send: async () => accepted, publicKeys: () => [] }]

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let registry: HookRegistry
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  landfall = await createTestAccount()
  const { db, deps } = landfall
  registry = createHookRegistry({ db, log: deps.log, vault, configured, send: async () => accepted })
})
afterEach(async () => {
  await registry.stop()
  vi.useRealTimers()
  await landfall.close()
})

const deps = () => ({ db: landfall.db, vault, configured: new Set(['fixed']), allowPrivate: true })
const add = (name: string) => addStoredHook(deps(), { name, url: 'https://example.com' })
const names = () => [...registry.hooks.keys()].join(' ')
const become = (text: string) => waitFor(() => names() === text, { what: text })

test('finds what was stored before it started, and what comes and goes where every ring is lost', async () => {
  await add('one')
  await registry.start()
  expect(names()).toBe('fixed one')
  await add('two')
  await dropStoredHook(deps(), 'one')
  expect(names()).toBe('fixed one')

  vi.advanceTimersByTime(15_000)
  await become('fixed two')
})

test("one hook's settings in the place of another's open nothing", async () => {
  await add('one')
  await add('two')
  await query(
    landfall.db,
    `update landfall.hook set sealed = (select sealed from landfall.hook where name = 'one') where name = 'two'`,
  )
  await registry.start()
  expect(names()).toBe('fixed one')
})

test('the number of stored hooks is limited to what every process has workers for', async () => {
  for (let n = 1; n <= STORED_HOOKS_AT_MOST; n += 1)
    expect(await add(`hook-${n}`)).toMatchObject({ kind: 'ok' })
  expect(await add('one-more')).toMatchObject({ kind: 'refused', why: 'conflict' })
  await dropStoredHook(deps(), 'hook-1')
  expect(await add('one-more')).toMatchObject({ kind: 'ok' })
})

test('rings that come while it reads are not lost', async () => {
  await registry.start()
  for (const name of ['a', 'b', 'c', 'd']) {
    void registry.reload()
    await add(name)
    void registry.reload()
  }
  await become('fixed a b c d')
})

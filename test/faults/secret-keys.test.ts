import { expect, onTestFinished, test } from 'vitest'

import type { Config } from '../../src/config/config.ts'
import { createVault } from '../../src/runtime/vault.ts'
import { registerHooks } from '../../src/store/hooks.ts'
import { addStoredHook } from '../../src/work/stored-hooks.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { HOOK_SECRET, testAccount, testConfig, testHook } from '../support/daemon.ts'
import { startDaemonChild } from '../support/daemon-child.ts'
import { waitFor } from '../support/wait-for.ts'
import { startReceiver } from '../support/world.ts'

const KEY = Buffer.alloc(32, 1).toString('base64')
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64')

/** A database with a stored and a configured hook, and an event for both. */
async function createWorld() {
  const landfall = await createTestAccount()
  onTestFinished(landfall.close)
  const [stored, fixed] = [await startReceiver(onTestFinished), await startReceiver(onTestFinished)]
  const hooks = [testHook(fixed.url, { name: 'fixed' })]
  const config = testConfig({
    databaseUrl: landfall.url,
    accounts: [testAccount('http://127.0.0.1:1')],
    hooks,
    roles: new Set(['deliver']),
    logLevel: 'info',
  })
  await registerHooks(landfall.db, hooks)
  const deps = { db: landfall.db, vault: createVault(KEY), configured: new Set<string>(), allowPrivate: true }
  const made = await addStoredHook(deps, { name: 'ops', url: stored.url })
  if (made.kind === 'refused') throw new Error(made.message)
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  await record(landfall.deps, landfall.account, [seen('m1', 'COMPLETE', 0)])
  return { ...landfall, config, stored, fixed, secret: made.secret ?? '' }
}

async function start(config: Config) {
  const child = startDaemonChild(config)
  onTestFinished(child.kill)
  await child.ready
  return child
}

test.each([OTHER_KEY, null])(
  'a process without the right key runs, delivers to the other hooks, and leaves the events to one that has it (%s)',
  async (secretKey) => {
    const { db, config, stored, fixed, secret } = await createWorld()
    const wrong = await start({ ...config, secretKey })
    await waitFor(() => fixed.requests.length === 1, { what: 'the configured hook', timeoutMs: 20_000 })
    expect(fixed.verified(HOOK_SECRET)).toHaveLength(1)
    expect(wrong.errors().match(/hook\.unreadable/g)).toHaveLength(1)
    expect([wrong.isRunning(), stored.requests.length]).toEqual([true, 0])
    const kept = `select d.state, d.attempts, h.failures from landfall.delivery d join landfall.hook h on h.name = d.hook
        where hook = 'ops'`
    expect(await query(db, kept)).toEqual([{ state: 'pending', attempts: 0, failures: 0 }])
    await wrong.kill()

    await start({ ...config, secretKey: KEY })
    await waitFor(() => stored.requests.length === 1, { what: 'the stored hook', timeoutMs: 20_000 })
    expect(stored.verified(secret)).toMatchObject([{ type: 'migration.completed', subject: 'm1' }])
  },
  60_000,
)

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { createProvider } from '../../src/providers/registry.ts'
import { createKeyFile } from '../../src/runtime/key-file.ts'
import { suspendAccount } from '../../src/store/accounts.ts'
import { loadNow } from '../../src/store/clock.ts'
import { inTransaction } from '../../src/store/db.ts'
import { askProvider } from '../../src/work/ask-provider.ts'
import { createKeyWatch } from '../../src/work/watch-keys.ts'
import { json, serve } from '../providers/server.ts'
import { createTestAccount, query } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

const never = new AbortController().signal
let world: Awaited<ReturnType<typeof createTestAccount>>
beforeAll(async () => {
  world = await createTestAccount()
})
afterAll(() => world.close())

/** A secret as Kubernetes mounts it: the file is a link into a folder that is a link, which is exchanged as a whole. */
function mountSecret(first: string) {
  const dir = mkdtempSync(join(tmpdir(), 'landfall-key-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  let version = 0
  function put(contents: string | null): void {
    version += 1
    mkdirSync(join(dir, `..${version}`))
    if (contents !== null) writeFileSync(join(dir, `..${version}`, 'key'), contents)
    symlinkSync(`..${version}`, join(dir, '..data_tmp'))
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
  }
  put(first)
  symlinkSync(join('..data', 'key'), join(dir, 'key'))
  return { path: join(dir, 'key'), put }
}

/** A provider that accepts one key. */
async function accountWith(secret: ReturnType<typeof mountSecret>, accepted: string) {
  const state = { accepted }
  const server = await serve((req, res) => {
    if (req.headers.authorization !== `Bearer ${state.accepted}`) res.writeHead(401).end()
    else json(res, { object: 'migration', id: 'm1', status: 'WORKING' })
  })
  const key = createKeyFile(secret.path, 'anon_old')
  const provider = createProvider('anon', { apiKey: key.current, baseUrl: server.origin })
  onTestFinished(() => provider.close())
  const account = { ...world.account, provider, key }
  const ask = () => askProvider(world.deps, account, 'get', () => provider.get('m1', never), never)
  const tried = () => server.asked.map(({ headers }) => headers.authorization)
  return { account, key, ask, tried, state }
}

test('a key that was put in place is tried before the account is suspended for the old one', async () => {
  const secret = mountSecret('anon_old\n')
  const { ask, tried } = await accountWith(secret, 'anon_new')
  secret.put('anon_new\r\n')

  expect(await ask()).toMatchObject({ kind: 'answered', answer: { kind: 'ok' }, tries: 2 })
  expect(tried()).toEqual(['Bearer anon_old', 'Bearer anon_new'])
})

test('a key that stays the same is refused once', async () => {
  const { ask, tried } = await accountWith(mountSecret('anon_old'), 'anon_new')

  expect(await ask()).toMatchObject({
    kind: 'answered',
    answer: { kind: 'refused', statusCode: 401 },
    tries: 1,
  })
  expect(tried()).toEqual(['Bearer anon_old'])
})

test.each([
  ['missing', null],
  ['empty', ' \n'],
  ['no key', '"anon_new"'],
])('a file that is %s for a moment leaves the key as it was', async (_, contents) => {
  const secret = mountSecret('anon_old')
  const { ask, key, state } = await accountWith(secret, 'anon_old')
  secret.put(contents)
  expect(await key.renew('anon_old')).toBe(false)
  expect(await ask()).toMatchObject({ answer: { kind: 'ok' } })

  state.accepted = 'anon_new'
  secret.put('anon_new')
  expect(await ask()).toMatchObject({ answer: { kind: 'ok' } })
})

test('a suspended account tries a new key as soon as its file has one', async () => {
  const secret = mountSecret('anon_old')
  const { account, key } = await accountWith(secret, 'anon_new')
  const refusal = { reason: 'refused', requestedAt: await loadNow(world.db), probeInMs: 600_000 }
  await inTransaction(world.db, (tx) => suspendAccount(tx, 'acme', refusal))
  const isDue = async () =>
    (await query(world.db, 'select probe_at <= now() as due from landfall.account'))[0]?.['due'] === true
  expect(await isDue()).toBe(false)

  const watch = createKeyWatch({ ...world.deps, accounts: new Map([['acme', account]]) }, 10)
  await watch.start()
  onTestFinished(() => watch.stop())
  secret.put('anon_new')
  await waitFor(isDue, { what: 'the key to be tried' })
  expect(key.current()).toBe('anon_new')
})

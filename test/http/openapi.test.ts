import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { validate } from '@readme/openapi-parser'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestAccount, record, seen } from '../support/account.ts'
import { createApi } from './serve.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let document: Parameters<typeof validate>[0] & { openapi: string; paths: Record<string, object> }
beforeAll(async () => {
  landfall = await createTestAccount({
    hooks: [{ name: 'ops', kind: 'webhook', events: ['migration.failed'] }],
  })
  server = createApi(landfall)
  await server.start()
  await record(landfall.deps, landfall.account, [
    seen('m1', 'WORKING', 0),
    seen('a/b', 'FAILED', 1),
    seen('m3', 'NOT_READY', 2),
  ])
  document = (await (await fetch(`${server.url()}/openapi.json`)).json()) as typeof document
}, 60_000)
afterAll(async () => {
  await server.stop()
  await landfall.close()
})

test('the description is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths).length).toBeGreaterThan(20)
  expect(await validate(structuredClone(document))).toMatchObject({ valid: true })
})

test('every operation has a name of its own, and says what it answers', () => {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item)) as {
    operationId: string
    responses: object
  }[]
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { responses } of operations) {
    expect(Object.keys(responses)).toContain('default')
    expect(Object.keys(responses).length).toBeGreaterThan(1)
  }
})

// Whatever a generator makes of the description works as the hand-written cases do.
test('a client that is generated from the description reads, pages, acts, and is told of problems', async () => {
  // Inside the clone, where packages are found.
  const folder = mkdtempSync(resolve('node_modules/.generated-client-'))
  try {
    writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document))
    await generate(folder)
    const sdk = await import(join(folder, 'client/sdk.gen.ts'))
    const { client } = await import(join(folder, 'client/client.gen.ts'))
    client.setConfig({ baseUrl: server.url() })
    await useClient(sdk)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)

async function generate(folder: string): Promise<void> {
  const program = resolve('test/http/generator-process.ts')
  await promisify(execFile)(process.execPath, [program, 'openapi.json', 'client'], { cwd: folder })
}

type Json = ReturnType<typeof JSON.parse>
type Call = (options?: object) => Promise<{ data: Json; error: Json; response: Response }>

async function useClient(sdk: Record<string, Call>): Promise<void> {
  const call = async (name: string, options?: object) => {
    const operation = sdk[name]
    if (operation === undefined) throw new Error(`the client has no ${name}`)
    return operation(options)
  }
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const { data } = await call('listMigrations', { query: { sort: 'first_seen_at', limit: 2, cursor } })
    ids.push(...data.migrations.map((row: { migration_id: string }) => row.migration_id))
    if (data.next_cursor === null) break
    cursor = data.next_cursor
  }
  expect(ids).toEqual(['m1', 'a/b', 'm3'])

  const one = await call('getMigration', { path: { account: 'acme', id: 'a/b' } })
  expect(one.data).toMatchObject({ migration: { status: 'FAILED' }, transitions: [{ seq: 1 }] })
  const missing = await call('getMigration', { path: { account: 'acme', id: 'nobody' } })
  expect(missing.error).toMatchObject({ status: 404, detail: 'account acme has no migration nobody' })

  expect((await call('getSession')).data).toMatchObject({ scope: 'operate', token_required: false })
  expect((await call('getStats')).data).toMatchObject({ total: 3, live: { pending: 1, running: 1 } })
  expect((await call('listAccounts')).data.accounts).toMatchObject([{ account: 'acme', tracked: 3 }])
  const recent = await call('listRecentEvents', { query: { type: 'migration.discovered', limit: 2 } })
  expect(recent.data).toMatchObject({ events: [{ account: 'acme' }, {}], next_cursor: expect.any(String) })

  expect((await call('disableHook', { path: { name: 'ops' } })).data).toEqual({
    name: 'ops',
    state: 'disabled',
  })
  expect((await call('listHooks')).data.hooks).toMatchObject([{ name: 'ops', state: 'disabled' }])
  const [{ event_id: id }] = (await call('listEvents', { query: { limit: 1, wait: '10s' } })).data.events.map(
    (event: { id: string }) => ({ event_id: event.id }),
  )
  const replayed = await call('replayEvents', {
    body: { since: '2020-01-01T00:00:00Z', dry_run: true, types: ['migration.failed'] },
  })
  expect(replayed.data).toMatchObject({ dry_run: true })
  expect((await call('replayEvent', { path: { id }, body: {} })).response.status).toBe(404)
  expect((await call('listDeliveries', { query: { state: 'held' } })).response.status).toBe(200)
}

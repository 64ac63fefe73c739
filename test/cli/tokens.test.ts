import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestAccount, query } from '../support/account.ts'
import { createWorkingDir } from './cli.ts'
import { runHere } from './in-process.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount(), createWorkingDir()])
}, 60_000)
afterAll(() => Promise.all([world.close(), dir.remove()]))

const run = (...args: string[]) =>
  runHere(['tokens', ...args], { cwd: dir.path, env: { DATABASE_URL: world.url } })

test('a token is made, shown once, listed and removed', async () => {
  const added = await run('add', 'dashboard', '--scope', 'read')
  expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^landfall_[\w-]{43}\n$/) })
  expect((await run('add', 'dashboard', '--scope', 'operate')).exitCode).toBe(1)

  const listed = await run('list', '--json')
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'dashboard', scope: 'read', last_used_at: null }])
  const told = listed.stdout + (await run('list')).stdout
  expect(told).toContain('dashboard')
  expect(told).not.toContain(added.stdout.trim())

  expect(await run('remove', 'dashboard')).toMatchObject({ exitCode: 0 })
  expect(await query(world.db, 'select from landfall.api_token')).toEqual([])
  expect((await run('remove', 'dashboard')).exitCode).toBe(1)
}, 60_000)

test('how to call one, and for what, has to be said', async () => {
  expect((await run('add', 'dashboard')).exitCode).toBe(64)
  expect((await run('add', 'a b', '--scope', 'read')).exitCode).toBe(64)
})

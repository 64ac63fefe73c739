import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, type onTestFinished, test } from 'vitest'

import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { query } from '../support/account.ts'
import { API_KEY, testAccount } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorldOf, startTestDaemon } from '../support/world.ts'
import { createWorkingDir, runCli } from './cli.ts'

const ending: (() => unknown)[] = []
const after = ((end: () => unknown) => void ending.unshift(end)) as typeof onTestFinished
let world: Awaited<ReturnType<typeof createWorldOf>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
let simulator: ReturnType<typeof createVernSimulator>
let env: Record<string, string>

beforeAll(async () => {
  simulator = createVernSimulator({
    apiKey: API_KEY,
    typicalPhaseS: 1,
    questionShare: 1,
    failedShare: 0,
    flaggedShare: 1,
  })
  const { url } = await simulator.start()
  after(() => simulator.stop())
  const config = testAccount(`${url}/api/v1`, { name: 'vern', provider: 'vern' })
  world = await createWorldOf(after, [])
  await startTestDaemon(after, { ...world.config, accounts: [config] })
  dir = await createWorkingDir()
  after(dir.remove)
  env = { DATABASE_URL: world.databaseUrl, VERN_API_KEY: API_KEY, VERN_BASE_URL: `${url}/api/v1` }
  env['VERN_REQUESTS_PER_SECOND'] = '60'
}, 60_000)
afterAll(async () => {
  for (const end of ending) await end()
})

const landfall = (...args: string[]) => runCli(args, { cwd: dir.path, env })

test('a migration is made, filled, previewed, answered for, imported and exported, and each step is told', async () => {
  await writeFile(join(dir.path, 'contacts.csv'), `name\n${'someone\n'.repeat(50_000)}`)
  const created = await landfall('create', '--external-id', 'pine-01', '--name', 'Pine Ltd')
  expect(created).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('is made, and tracked') })
  const id = created.stdout.trim()
  expect((await landfall('create', '--external-id', 'pine-01', '--name', 'Pine Ltd')).stdout.trim()).toBe(id)

  expect((await landfall('vern', 'run', id, 'generate')).stderr).toMatch(
    /refused to start to generate \(400\): There is no data/,
  )
  const uploaded = await landfall('vern', 'upload', id, 'contacts.csv')
  expect(uploaded).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/\d0 % of .*all \d+ bytes/s) })

  const blocked = await landfall('vern', 'run', id, 'generate', '--wait')
  expect(blocked.stdout).toContain('is blocked')
  const [asked] = await query(
    world.db,
    "select payload from landfall.event where type = 'migration.needs_input'",
  )
  expect(asked?.['payload']).toMatchObject({ needs: { reason: 'question', questions: [{ id: 'q1' }] } })
  await waitFor(
    async () => {
      const [row] = await query<{ status: string }>(world.db, 'select status from landfall.migration')
      if (row?.status === 'blocked') await landfall('vern', 'answer', id, '--to', 'q1=Day first')
      return row?.status === 'awaiting_approval'
    },
    { what: 'all questions to be answered', timeoutMs: 60_000 },
  )
  expect((await landfall('vern', 'preview', id)).stdout).toContain('Boat | 12')

  const imported = await landfall('vern', 'run', id, 'execute', '--wait', '--json')
  expect(JSON.parse(imported.stdout)).toMatchObject({ status: 'completed', is_new: true })
  expect(imported.stderr).toMatch(/is running\..*is completed\./s)
  const exported = await landfall('vern', 'export', id, 'contacts', '--output', 'out.csv')
  expect(exported.stdout).toMatch(/out\.csv: 2 records, \d+ bytes\./)
  expect(await readFile(join(dir.path, 'out.csv'), 'utf8')).toContain('"Coat, red",7')

  const types = (await query<{ type: string }>(world.db, 'select distinct type from landfall.event')).map(
    ({ type }) => type,
  )
  expect(types).toEqual(
    expect.arrayContaining([
      'migration.discovered',
      'migration.status_changed',
      'migration.needs_input',
      'migration.completed_with_failures',
    ]),
  )
  const [row] = await query(world.db, 'select phase, attributes from landfall.migration')
  expect(row).toMatchObject({
    phase: 'partial',
    attributes: { rows_flagged: 4, rows_inserted: expect.any(Number) },
  })
}, 180_000)

test.each([
  [['create', '--external-id', 'a b'], 64, /An external id has letters/],
  [
    ['create', '--external-id', 'x', '--name', 'X', '--template', 'boats'],
    1,
    /Unknown template slug\(s\): boats/,
  ],
  [
    ['create', '--external-id', 'y', '--name', 'Y', '--source', 'Nowhere'],
    1,
    /answered 404: Source not found: Nowhere/,
  ],
  [['vern', 'answer', 'nobody', 'yes'], 1, /No migration nobody is known/],
  [['vern', 'credentials', 'nobody', 'none.json'], 64, /none\.json cannot be read as a JSON object/],
  [['vern', 'sources', '--account', 'acme'], 64, /Account acme is not at Vern: vern/],
])('%j ends with %i and says why', async (args, exitCode, words) => {
  const ended = await landfall(...args)
  expect(ended.exitCode).toBe(exitCode)
  expect(ended.stderr).toMatch(words)
})

test('sources are listed', async () => {
  expect((await landfall('vern', 'sources')).stdout).toBe('HubSpot\nSalesforce\n')
})

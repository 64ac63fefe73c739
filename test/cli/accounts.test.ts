import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/server.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { blockBudget } from '../../src/store/budgets.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { createWorkingDir, type Ended } from './cli.ts'
import { runHere } from './in-process.ts'

const KEY = 'a-key-that-only-tests-know'
let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>
let simulator: Simulator
let env: Record<string, string>

beforeAll(async () => {
  const lives = [{ id: 'new/1', createdS: -60, changes: [[-30, 'WORKING']] as [number, string][] }]
  simulator = createSimulator({ apiKey: KEY, history: 0, lives })
  const { url } = await simulator.start()
  ;[world, dir] = await Promise.all([createTestAccount({ account: { name: 'anon' } }), createWorkingDir()])
  env = { DATABASE_URL: world.url, ANON_API_KEY: KEY, ANON_BASE_URL: url, ANON_REQUESTS_PER_SECOND: '4' }
  await registerAccount(world.db, { name: 'beta', provider: 'anon', policy: 'backoff' })
  await record(world.deps, world.account, [seen('known', 'WORKING', 0), seen('done', 'COMPLETE', 0)])
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove(), simulator.stop()])
})

const run = (...args: string[]) => runHere(args, { cwd: dir.path, env })
const json = ({ stdout }: Ended) => JSON.parse(stdout)
const suspend = () =>
  query(
    world.db,
    `update landfall.account set state = 'suspended', state_reason = 'the provider answered 401',
     state_since = now() - interval '1 minute' where name = 'beta'`,
  )

describe('accounts', () => {
  test('lists what each tracks, its budget and its troubles', async () => {
    await suspend()
    const { stdout } = await run('accounts')

    expect(stdout).toMatch(/^ACCOUNT +PROVIDER +STATE +TRACKED +LIVE +TICK +LAST SWEEP +BUDGET +DELAY +WHY$/m)
    expect(stdout).toMatch(/^anon +anon +active +2 +1 +never +- +4\/s +- +its first sweep is under way$/m)
    expect(stdout).toMatch(/^beta +anon +suspended +0 +0 .* the provider answered 401$/m)
  })

  test('as JSON has what the API answers, and says what a slowed account may still spend', async () => {
    await query(world.db, `update landfall.budget set share = 0.5, share_at = now() where account = 'anon'`)
    const [anon, beta] = json(await run('accounts', '--json'))

    expect(anon).toMatchObject({ account: 'anon', state: 'active', tracked: 2, live: 1, plan: null })
    expect(anon.budget).toMatchObject({ requests_per_second: 4, burst: 10, blocked_until: null })
    expect(anon.budget.effective_requests_per_second).toBeCloseTo(2, 1)
    expect(beta.budget).toBeNull()
    expect((await run('accounts')).stdout).toMatch(/^anon .* 2\/s of 4 /m)
  })

  test('a suspended account is resumed, and the world is told', async () => {
    await suspend()
    expect(json(await run('accounts', 'resume', 'beta', '--json'))).toEqual({
      account: 'beta',
      state: 'active',
      resumed: true,
    })
    const events = await query(world.db, `select type from reporting.events where account = 'beta'`)
    expect(events).toEqual([{ type: 'account.resumed' }])
    expect((await run('accounts', 'resume', 'beta')).stdout).toBe(
      'Account beta was neither suspended nor waiting.\n',
    )
  })

  test('an account that waits, as for an absurd Retry-After, goes on at once with an empty bucket', async () => {
    const rate = { requestsPerSecond: 0.001, burst: 10 }
    await blockBudget(world.db, 'beta', 3_600_000, rate)
    const said = 'Account beta waits no longer, unless its provider asks it to again.\n'
    expect((await run('accounts', 'resume', 'beta')).stdout).toBe(said)
    const [budget] = await query(
      world.db,
      `select blocked_until, round(extract(epoch from full_at - now()) / 1000)::int as tokens_short
       from landfall.budget where account = 'beta'`,
    )
    expect(budget).toEqual({ blocked_until: null, tokens_short: 10 })
    expect(json(await run('accounts', 'resume', 'beta', '--json'))).toMatchObject({ resumed: false })
  })
})

describe('track', () => {
  test('finds a migration that no list has shown, and says that nobody follows it yet', async () => {
    const { exitCode, stdout, stderr } = await run('track', 'anon', 'new/1')

    expect(stdout).toBe('anon/new/1 is tracked from now on: WORKING (running).\n')
    expect(stderr).toContain('no daemon is at work for account anon')
    expect(exitCode).toBe(0)
    expect(json(await run('show', 'anon/new/1', '--json')).events).toHaveLength(1)
  })

  test('has a known one read next', async () => {
    expect(json(await run('track', 'anon', 'known', '--json'))).toMatchObject({ migration_id: 'known' })
    const urgent = await query(world.db, `select urgent from landfall.migration where migration_id = 'known'`)
    expect(urgent).toEqual([{ urgent: true }])
  })
})

test.each<[args: string[], exitCode: number, says: string]>([
  [['track', 'anon', 'nobody'], 1, 'The provider of account anon knows no migration nobody'],
  [['track', 'beta', 'm1'], 78, 'Account beta does not stand in the configuration here'],
  [['track', 'anon'], 64, "missing required argument 'id'"],
  [['accounts', 'resume', 'nobody'], 1, 'No account is called nobody'],
  [['accounts', 'resmue', 'beta'], 64, 'too many arguments'],
])('%j is refused with %i', async (args, exitCode, says) => {
  const ended = await run(...args)

  expect(ended).toMatchObject({ exitCode, stdout: '' })
  expect(ended.stderr).toContain(says)
  expect(ended.stderr).not.toContain(KEY)
})

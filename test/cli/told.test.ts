import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { registerAccount } from '../../src/store/accounts.ts'
import { createAccount, createTestAccount, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorkingDir, type Ended, startCli } from './cli.ts'
import { runHere } from './in-process.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
let dir: Awaited<ReturnType<typeof createWorkingDir>>

beforeAll(async () => {
  ;[world, dir] = await Promise.all([createTestAccount(), createWorkingDir()])
  await registerAccount(world.db, { name: 'beta', provider: 'anon', policy: 'backoff' })
  // Ended before anybody looked.
  await see(seen('old', 'COMPLETE', 0))
  await query(world.db, 'update landfall.account set baseline_at = $1', ['2026-03-04T10:00:05Z'])
  await see(seen('m1', 'WORKING', 10), seen('m2', 'WORKING', 10))
  await see(seen('m1', 'COMPLETE', 40), seen('m2', 'FAILED', 20))
  await record(world.deps, createAccount({ name: 'beta' }), [
    { ...seen('m3', 'COMPLETED_WITH_FAILURES', 86_400), companyId: '=cmd, "x"' },
  ])
})
afterAll(async () => {
  await Promise.all([world.close(), dir.remove()])
})

const see = (...observations: ReturnType<typeof seen>[]) => record(world.deps, world.account, observations)
const setting = () => ({ cwd: dir.path, env: { DATABASE_URL: world.url } })
const run = (...args: string[]) => runHere(args, setting())
const json = ({ stdout }: Ended) => JSON.parse(stdout)
type Event = { readonly event_id: string; readonly type: string; readonly migration_id: string }

describe('events', () => {
  test('has the rows of reporting.events, newest first', async () => {
    const rows: Event[] = json(await run('events', '--json'))

    const stored = await query(
      world.db,
      'select event_id from reporting.events order by recorded_at desc, event_id desc',
    )
    expect(rows.map((row) => row.event_id)).toEqual(stored.map((row) => row['event_id']))
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(
      ['account', 'event_id', 'migration_id', 'payload', 'recorded_at', 'sequence', 'type'].sort(),
    )
  })

  test.each([
    { options: ['--type', 'migration.failed', 'migration.completed'], ids: ['m1', 'm2'] },
    { options: ['--account', 'beta'], ids: ['m3', 'm3'] },
    { options: ['--since', '1h', '--account', 'beta', '--type', 'migration.discovered'], ids: ['m3'] },
    { options: ['--since', '2100-01-01'], ids: [] },
  ])('$options leaves out what does not fit', async ({ options, ids }) => {
    const rows: Event[] = json(await run('events', '--json', ...options))

    expect(rows.map((row) => row.migration_id).sort()).toEqual(ids)
  })

  test('is read on behind an event, in the order of the feed, page by page', async () => {
    const all = await query<Event>(
      world.db,
      'select id as event_id from landfall.event order by generation, transaction, id',
    )
    const ids = all.map((event) => event.event_id)
    const read = ids.slice(0, 1)
    // The feed holds back what is newer than any transaction still open, also one of another test's database.
    const readOn = async () => {
      const page: Event[] = json(await run('events', '--after', read.at(-1) ?? '', '--limit', '3', '--json'))
      expect(page.length).toBeLessThanOrEqual(3)
      read.push(...page.map((event) => event.event_id))
      return read.length >= ids.length
    }
    await waitFor(readOn, { what: 'all events' })

    expect(read).toEqual(ids)
  })

  test('for readers is a table that says what happened', async () => {
    const { stdout, stderr } = await run('events', '--limit', '4', '--account', 'acme')

    expect(stdout).toMatch(/^RECORDED AT +TYPE +ABOUT +WHAT +ID$/m)
    expect(stdout).toMatch(/Z {2}migration\.failed +acme\/m2 +WORKING → FAILED +evt_/)
    expect(stderr).toContain('There are more than these 4')
  })

  test('follows them as they are committed, from where it is told to', async () => {
    const [first] = json(await run('events', '--type', 'migration.failed', '--json')) as Event[]
    const following = startCli(['events', '--follow', '--after', first?.event_id ?? '', '--json'], setting())
    await following.waitForOutput(/"migration_id":"m3"/)
    await see(seen('m4', 'WORKING', 40 * 86_400))
    await following.waitForOutput(/"migration_id":"m4"/)
    following.child.kill('SIGINT')

    const { stdout, exitCode } = await following.exited
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Event).event_id)
    const expected = await query(
      world.db,
      `select id from landfall.event where (transaction, id) > (select transaction, id from landfall.event where id = $1)
       order by transaction, id`,
      [first?.event_id],
    )
    expect(ids).toEqual(expected.map((row) => row['id']))
    expect(exitCode).toBe(0)
  })
})

describe('report', () => {
  const period = ['--since', '2026-03-01', '--until', '2026-04-01']

  test('tells by day what was found and how it landed, without what had ended before', async () => {
    const report = json(await run('report', ...period, '--json'))

    expect(report).toMatchObject({
      ...{ since: '2026-03-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z', account: null },
      totals: { discovered: 4, landed: 3, succeeded: 1, partial: 1, failed: 1, abandoned: 0 },
      lag: { transitions: 2, p50_seconds: expect.closeTo(20.1), p99_seconds: expect.closeTo(29.9) },
      days: [
        { day: '2026-03-04', discovered: 3, landed: 2, failure_rate: 0.5 },
        { day: '2026-03-05', discovered: 1, landed: 1, failure_rate: 0 },
      ],
    })
    expect(report.slowest.map((row: Event) => row.migration_id)).toEqual(['m3', 'm1', 'm2'])
  })

  test('for readers says the same, within the width of the terminal', async () => {
    const { stdout } = await runHere(['report', ...period], { ...setting(), width: 72 })

    expect(stdout).toMatch(/^ {2}landed +3: 1 succeeded, 1 partial, 1 failed, 0 abandoned$/m)
    expect(stdout).toMatch(/^ {2}failure rate +33\.3 %$/m)
    expect(stdout).toMatch(/^2026-03-04 +3 +2 +1 +0 +1 +0/m)
    const tables = stdout.split('\n').filter((line) => !/noticed/.test(line))
    expect(Math.max(...tables.map((line) => line.length))).toBeLessThanOrEqual(72)
  })

  test('as CSV has one row for each company, and no formulas', async () => {
    const { stdout } = await run('report', ...period, '--by', 'company', '--csv')

    expect(stdout).toBe(
      'company_id,discovered,landed,succeeded,partial,failed,abandoned,failure_rate\n' +
        'abc,3,2,1,0,1,0,0.5000\n' +
        `"'=cmd, ""x""",1,1,0,1,0,0,0.0000\n`,
    )
  })

  test('keeps to one account and to its period', async () => {
    const one = json(await run('report', ...period, '--account', 'beta', '--json'))
    expect(one.totals).toMatchObject({ discovered: 1, landed: 1 })
    const none = json(await run('report', '--since', '2026-03-06', '--until', '2026-03-07', '--json'))
    expect(none).toMatchObject({ totals: { landed: 0, failure_rate: null }, days: [], slowest: [] })
  })
})

test.each<[args: string[], exitCode: number, says: string]>([
  [['events', '--type', 'nonsense'], 64, 'Allowed choices are migration.discovered'],
  [['events', '--since', 'yesterday'], 64, 'or how long ago, such as 7d'],
  [['events', '--after', 'evt_0', '--since', '1h'], 64, 'cannot be used with'],
  [['events', '--follow', '--limit', '5'], 64, 'cannot be used with'],
  [['events', '--after', 'evt_unheard_of'], 1, 'No event has the id evt_unheard_of'],
  [['report', '--by', 'week'], 64, 'Allowed choices are day, company'],
  [['report', '--csv', '--json'], 64, 'cannot be used with'],
  [['report', '--since', '2026-03-02', '--until', '2026-03-01'], 64, '--since must lie before --until'],
  [['report', '--account', 'nobody'], 1, 'No account nobody is known'],
  [['watch', '--account'], 64, 'argument missing'],
  [['wait'], 64, 'missing required argument'],
  [['list', 'surplus'], 64, 'too many arguments'],
])('%j is refused with %i', async (args, exitCode, says) => {
  const ended = await run(...args)

  expect(ended).toMatchObject({ exitCode, stdout: '' })
  expect(ended.stderr).toContain(says)
})

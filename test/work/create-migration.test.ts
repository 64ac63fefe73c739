import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { createVernProvider } from '../../src/providers/vern/client.ts'
import type { FaultMix } from '../../src/simulator/faults.ts'
import { createSimulator } from '../../src/simulator/server.ts'
import type { VernOptions } from '../../src/simulator/vern/options.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import type { Account } from '../../src/work/account.ts'
import { type CreationOrder, continueCreation, createMigration } from '../../src/work/create-migration.ts'
import { planRequests } from '../../src/work/plan-requests.ts'
import { createAccount, createTestAccount, query } from '../support/account.ts'
import { openMortalDb } from '../support/crash.ts'

const never = new AbortController().signal
const ORDER: CreationOrder = { externalId: 'pine-1', request: { name: 'Pine' } }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let account: Account
let simulator: ReturnType<typeof createVernSimulator>

async function start(options: VernOptions = {}) {
  simulator = createVernSimulator({ apiKey: 'k', ...options })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()
  const provider = createVernProvider({ apiKey: 'k', baseUrl: `${url}/api/v1` })
  onTestFinished(() => provider.close())
  account = createAccount({ provider })
  landfall = await createTestAccount({ account })
}
beforeEach(() => start())
afterEach(() => landfall.close())

const create = (order = ORDER) => createMigration(landfall.deps, account, order, never)
const created = () => simulator.truth().map(({ id }) => id)
const rows = () =>
  query(landfall.db, 'select migration_id, status, transitions, events from landfall.migration')
const makeDue = () =>
  query(landfall.db, 'update landfall.creation set next_try_at = now(), lease_until = null')

/** What a daemon does: a tick, and the creations that it hands out. */
async function tick(): Promise<void> {
  const planned = await planRequests(landfall.deps, account)
  for (const claim of planned?.creations ?? []) await continueCreation(landfall.deps, account, claim, never)
}

test('a migration is made once, tracked from then on, and told of', async () => {
  expect(await create()).toMatchObject({ kind: 'created', isNew: true, migrationId: created()[0] })
  expect(await create()).toMatchObject({ kind: 'created', isNew: false, migrationId: created()[0] })
  expect(await rows()).toEqual([
    { migration_id: created()[0], status: 'awaiting_files', transitions: 1, events: 1 },
  ])
  expect(await query(landfall.db, 'select type from landfall.event')).toEqual([
    { type: 'migration.discovered' },
  ])
})

test('ten who ask for the same at once get one migration', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => create()))
  expect(answers.filter(({ kind }) => kind === 'created').length).toBeGreaterThan(0)
  expect(answers.every(({ kind }) => kind === 'created' || kind === 'pending')).toBe(true)
  expect([created().length, (await rows()).length]).toEqual([1, 1])
})

test('an id that stands for another request is refused, unless that was refused itself', async () => {
  expect(await create({ ...ORDER, request: { name: 'Pine', templates: ['boats'] } })).toMatchObject({
    ...{ kind: 'refused', why: 'invalid', reason: 'vern answered 400: Unknown template slug(s): boats' },
  })
  expect(await create()).toMatchObject({ kind: 'created' })
  expect(await create({ ...ORDER, request: { name: 'Oak' } })).toMatchObject({ why: 'other_request' })
})

test('whoever is too early is gone on with when the provider said', async () => {
  await landfall.close()
  await start({ regime: 'per_class', limits: { create: { requests: 1, windowS: 3600 } } })
  expect(await create()).toMatchObject({ kind: 'created' })
  const second = { externalId: 'oak-1', request: { name: 'Oak' } }
  expect(await create(second)).toEqual({ kind: 'pending', reason: 'vern answered 429: Too many requests' })
  const [row] = await query(
    landfall.db,
    "select extract(epoch from next_try_at - now())::int as wait from landfall.creation where external_id = 'oak-1'",
  )
  expect(Number(row?.['wait'])).toBeGreaterThan(0)
  await tick()
  expect(created()).toHaveLength(1)
})

test.each(['reset.silent', '5xx.500', 'html'] as const)(
  'an answer that is lost by %s is asked for again, as Vern knows the id',
  async (fault) => {
    simulator.setFaults({ [fault]: 1 } as FaultMix)
    expect(await create()).toMatchObject({ kind: 'pending' })
    simulator.setFaults({})
    await makeDue()
    await tick()
    expect([created().length, (await rows()).length]).toEqual([1, 1])
    expect(await create()).toMatchObject({ kind: 'created', isNew: false })
  },
)

describe('a process that dies', () => {
  /** Statements that a creation takes, from its intent to its record. */
  async function countStatements(): Promise<number> {
    const mortal = openMortalDb(landfall.url, Number.POSITIVE_INFINITY, 'after')
    await createMigration(
      { ...landfall.deps, db: mortal.db },
      account,
      { ...ORDER, externalId: 'counted' },
      never,
    )
    await mortal.db.close()
    return mortal.statements()
  }

  test('at any statement leaves one migration there and one row here, in the end', async () => {
    const statements = await countStatements()
    expect(2 * statements).toBeGreaterThanOrEqual(20)
    let deaths = 0
    for (let at = 1; at <= statements; at += 1) {
      for (const moment of ['before', 'after'] as const) {
        const order = { ...ORDER, externalId: `${moment}-${at}` }
        const mortal = openMortalDb(landfall.url, at, moment)
        await createMigration({ ...landfall.deps, db: mortal.db }, account, order, never).catch(
          () => undefined,
        )
        await mortal.db.close().catch(() => undefined)
        deaths += mortal.isDead() ? 1 : 0
        await makeDue()
        // Half are gone on with by a daemon, half by whoever asks again.
        if (at % 2 === 0) await tick()
        const outcome = await create(order)
        expect(outcome, `${moment} ${at}`).toMatchObject({ kind: 'created' })
      }
    }
    expect(deaths).toBe(2 * statements)
    const ids = created()
    expect(ids).toHaveLength(2 * statements + 1)
    expect((await rows()).map((row) => row['migration_id']).sort()).toEqual(ids.toSorted())
    expect(await query(landfall.db, 'select count(*)::int as n from landfall.event')).toEqual([
      { n: ids.length },
    ])
  })
})

describe('where nothing makes a creation repeatable', () => {
  const START = { externalId: 'pine-1', request: { service_account_id: 's', tasks_to_include: [] } }

  async function startAnon() {
    const anon = createSimulator({ apiKey: 'k', lives: [], history: 0 })
    onTestFinished(() => anon.stop())
    const { url } = await anon.start()
    const provider = createAnonProvider({ apiKey: 'k', baseUrl: url })
    onTestFinished(() => provider.close())
    const at = createAccount({ provider, name: 'anon' })
    await landfall.close()
    landfall = await createTestAccount({ account: at })
    return { anon, at }
  }

  test('a lost answer is never asked for again, but looked for in the list and reported', async () => {
    const { anon, at } = await startAnon()
    await query(
      landfall.db,
      "update landfall.walk set due_at = now() + interval '1 hour' where kind = 'look'",
    )
    anon.setFaults({ 'reset.silent': 1 })
    const ask = () => createMigration(landfall.deps, at, START, never)
    expect(await ask()).toMatchObject({ kind: 'lost', candidates: [] })
    anon.setFaults({})
    const [look] = await query(
      landfall.db,
      "select due_at <= now() as due from landfall.walk where kind = 'look'",
    )
    expect(look).toEqual({ due: true })

    const [made] = anon.truth()
    const answer = await at.provider.list?.(0, 10, never)
    const readings = answer?.kind === 'ok' ? answer.value.readings : []
    const { record } = await import('../support/account.ts')
    const now = new Date()
    await record(
      landfall.deps,
      at,
      readings.map((reading) => ({ ...reading, via: 'list', requestedAt: now, receivedAt: now })),
    )
    expect(await ask()).toMatchObject({ kind: 'lost', candidates: [made?.id] })
    expect(anon.counts().kinds['write']).toBe(1)
  })

  test('a process that dies, wherever, never leads to a second one; one that may have been sent is reported', async () => {
    const { anon, at } = await startAnon()
    const kinds = new Set<string>()
    for (let statement = 1; statement <= 10; statement += 1) {
      for (const moment of ['before', 'after'] as const) {
        const order = { ...START, externalId: `${moment}-${statement}` }
        const before = anon.truth().length
        const mortal = openMortalDb(landfall.url, statement, moment)
        await createMigration({ ...landfall.deps, db: mortal.db }, at, order, never).catch(() => undefined)
        await mortal.db.close().catch(() => undefined)
        await makeDue()
        const { kind } = await createMigration(landfall.deps, at, order, never)
        kinds.add(kind)
        const made = anon.truth().length - before
        expect(
          kind === 'created' ? made === 1 : kind === 'lost' && made <= 1,
          `${order.externalId}: ${kind}`,
        ).toBe(true)
      }
    }
    expect(kinds).toEqual(new Set(['created', 'lost']))
  })

  test('a request that never left is sent again', async () => {
    const { anon, at } = await startAnon()
    await anon.stop()
    expect(await createMigration(landfall.deps, at, START, never)).toMatchObject({ kind: 'pending' })
    await anon.start()
    await makeDue()
    expect(await createMigration(landfall.deps, at, START, never)).toMatchObject({
      kind: 'created',
      isNew: true,
    })
    expect(anon.truth()).toHaveLength(1)
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { EVENT_TYPES, TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { inTransaction } from '../../src/store/db.ts'
import { ATTEMPTS_PER_HOOK } from '../../src/store/deliveries.ts'
import { alignDeliveries, disableHook, enableHook } from '../../src/store/hooks.ts'
import { countReplay, replayEvents } from '../../src/store/replays.ts'
import { recordObservations } from '../../src/work/record-observations.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { createTestHooks, refused } from '../support/hooks.ts'

const kind = 'webhook'
const configured = [
  { name: 'sick', kind, events: [...TERMINAL_EVENT_TYPES] },
  { name: 'well', kind, events: [...EVENT_TYPES] },
]

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let hooks: ReturnType<typeof createTestHooks>
beforeEach(async () => {
  landfall = await createTestAccount({ hooks: configured })
  hooks = createTestHooks(landfall, ['sick', 'well'])
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
})
afterEach(() => landfall.close())

/** These migrations end; each tells the sick hook one event. */
const land = (...ids: string[]) =>
  record(
    landfall.deps,
    landfall.account,
    ids.map((id) => seen(id, 'COMPLETE', 0)),
  )
const many = (n: number, prefix = 'm') => Array.from({ length: n }, (_, index) => `${prefix}${index}`)

const loadHook = async (name: string) =>
  (
    await query(
      landfall.db,
      `select state, failures, warnings, round(extract(epoch from paused_until - last_failure_at))::int as paused_s
       from landfall.hook where name = $1`,
      [name],
    )
  )[0]
const statesOf = async (hook: string) =>
  (
    await query<{ state: string }>(
      landfall.db,
      'select distinct state from reporting.deliveries where hook = $1',
      [hook],
    )
  ).map(({ state }) => state)

describe('a hook that fails', () => {
  test('gets one attempt at a time after five failures in a row, and pauses in between', async () => {
    hooks.answer('sick', () => refused(500))
    await land(...many(30))

    const before = await hooks.round(['sick'])
    expect(before).toBe(ATTEMPTS_PER_HOOK)
    expect(await loadHook('sick')).toMatchObject({ failures: ATTEMPTS_PER_HOOK, paused_s: 66 })
    expect(await hooks.round(['sick'])).toBe(0)

    await hooks.passHours(0.02)
    expect(await hooks.round(['sick'])).toBe(1)
  })

  test('keeps no other hook waiting', async () => {
    hooks.answer('sick', () => refused(500))
    await land(...many(30))
    await hooks.drain()

    expect(hooks.receivedBy('well')).toHaveLength(60)
    expect(await statesOf('well')).toEqual(['delivered'])
  })

  test('is itself again after one success, with what waited', async () => {
    hooks.answer('sick', () => refused(500))
    await land(...many(30))
    await hooks.round(['sick'])
    hooks.answer('sick', () => ({ kind: 'accepted', status: 200, durationMs: 1 }))
    await hooks.passHours(1)

    await hooks.drain()

    expect(await loadHook('sick')).toEqual({ state: 'active', failures: 0, warnings: 0, paused_s: null })
    expect(hooks.receivedBy('sick')).toHaveLength(30)
  })

  test.each([
    ['429', refused(429), 5],
    ['502', refused(502), 5],
    ['504', refused(504), 5],
    ['429 with Retry-After', refused(429, 90_000), 90],
    ['503 with Retry-After', refused(503, 90_000), 90],
  ])('“it’s recommended to throttle additional requests”: %s', async (_name, answer, seconds) => {
    hooks.answer('sick', () => answer)
    await land('m1')
    await hooks.round(['sick'])
    await land('m2')

    const { paused_s } = (await loadHook('sick')) ?? {}
    expect(Math.abs(Number(paused_s) - seconds * 1.1)).toBeLessThan(2)
    expect(await hooks.round(['sick'])).toBe(0)
  })
})

describe('a receiver that is down for six days', () => {
  /** Fails whenever it may be tried, every four hours; each day one more migration ends. */
  async function failForSixDays() {
    hooks.answer('sick', () => refused(500))
    await land('day-0')
    // What leaves a terminal status is confirmed by a second poll.
    for (const seconds of [1, 20])
      await record(landfall.deps, landfall.account, [
        seen('day-0', 'WORKING', seconds),
        seen('other', 'WORKING', seconds),
      ])
    for (let hour = 0; hour < 144; hour += 4) {
      if (hour % 24 === 12) await land(`day-${hour}`)
      // It ends again and again, so that its stream has events from every day.
      if (hour % 24 === 0) {
        const again = 60 + hour * 10
        await record(landfall.deps, landfall.account, [seen('day-0', 'FAILED', again + 10)])
        for (const seconds of [20, 40])
          await record(landfall.deps, landfall.account, [seen('day-0', 'WORKING', again + seconds)])
      }
      await hooks.drain()
      await hooks.passHours(4)
    }
  }

  test('“recommended to disable future delivery to the endpoint”, “notify the consumers using other channels”: after staged warnings to the other hooks', async () => {
    await failForSixDays()

    expect(await loadHook('sick')).toMatchObject({ state: 'disabled' })
    const told = hooks.receivedBy('well').filter(({ type }) => type.startsWith('hook.'))
    expect(told.map(({ type, data }) => [type, data['stage'] ?? data['reason']])).toEqual([
      ['hook.failing', 1],
      ['hook.failing', 2],
      ['hook.failing', 3],
      ['hook.disabled', 'it failed everything for five days'],
    ])
    expect(told.map(({ source, sequence }) => [source, Number(sequence)])).toEqual(
      [1, 2, 3, 4].map((n) => ['/hooks/sick', n]),
    )
    expect(told[0]?.data).toMatchObject({ hook: 'sick', kind: 'webhook', last_error: 'answered 500' })
  })

  test('its events are held, and enabled again it gets all of them, in order, under their ids', async () => {
    await failForSixDays()
    expect(await statesOf('sick')).toEqual(['held'])
    const due = await query<{ event_id: string }>(
      landfall.db,
      `select event_id from reporting.deliveries where hook = 'sick'`,
    )
    expect(due.length).toBeGreaterThan(12)

    hooks.answer('sick', () => ({ kind: 'accepted', status: 200, durationMs: 1 }))
    expect(await enableHook(landfall.db, 'sick')).toBe(due.length)
    await hooks.drain()

    const got = hooks.receivedBy('sick')
    expect(got.map(({ id }) => id).sort()).toEqual(due.map(({ event_id }) => event_id).sort())
    const stream = got.filter(({ subject }) => subject === 'day-0').map(({ sequence }) => Number(sequence))
    expect(stream.length).toBeGreaterThan(5)
    expect(stream).toEqual(stream.toSorted((a, b) => a - b))
  })
})

test('“410 Gone: […] Sender should disable the webhook endpoint, and stop sending it messages”', async () => {
  hooks.answer('sick', () => refused(410))
  await land('m1')
  await hooks.drain()
  await land('m2')
  await hooks.drain()

  expect(await loadHook('sick')).toMatchObject({ state: 'disabled' })
  expect(await statesOf('sick')).toEqual(['held'])
  expect(hooks.receivedBy('well').some(({ type }) => type === 'hook.disabled')).toBe(true)
})

test('what is being recorded while its hook is enabled keeps its place in its stream', async () => {
  await disableHook(landfall.db, 'well', 'a person wanted it')
  await inTransaction(landfall.db, async (tx) => {
    await recordObservations(landfall.deps, tx, landfall.account, [seen('m1', 'WORKING', 0)])
    // Before the commit: it does not find what is held there.
    await enableHook(landfall.db, 'well')
  })
  await record(landfall.deps, landfall.account, [seen('m1', 'COMPLETE', 10)])

  await hooks.drain()
  expect(hooks.receivedBy('well')).toEqual([])

  expect(await alignDeliveries(landfall.db)).toBeGreaterThan(0)
  await hooks.drain()
  const sequences = hooks.receivedBy('well').map(({ sequence }) => Number(sequence))
  expect(sequences.length).toBeGreaterThan(1)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
})

test('attempts that were under way together tell once that their hook is disabled', async () => {
  hooks.answer('sick', () => refused(410))
  await land(...many(15))
  await hooks.drain()

  const told = hooks.receivedBy('well').filter(({ type }) => type === 'hook.disabled')
  expect(told).toHaveLength(1)
  expect(await statesOf('sick')).toEqual(['held'])
  const [row] = await query(
    landfall.db,
    `select max(attempts)::int as n from landfall.delivery where hook = 'sick'`,
  )
  expect(row).toEqual({ n: 1 })
})

describe('“a way to manually replay specific webhooks or failures within a range”', () => {
  const idsOf = async (hook: string) =>
    (
      await query<{ event_id: string }>(
        landfall.db,
        'select event_id from reporting.deliveries where hook = $1 order by event_id',
        [hook],
      )
    ).map(({ event_id }) => event_id)

  test('one event goes out once more under the same id, to one hook', async () => {
    await land('m1', 'm2')
    await hooks.drain()
    const [event = ''] = await idsOf('sick')

    const counts = await replayEvents(landfall.db, { event, hook: 'sick' })
    await hooks.drain()

    expect(counts).toEqual([{ hook: 'sick', delivered: 1, dead: 0, held: 0, pending: 0, unsent: 0 }])
    const got = hooks.receivedBy('sick').map(({ id }) => id)
    expect(got).toHaveLength(3)
    expect(got.filter((id) => id === event)).toHaveLength(2)
    expect(await statesOf('sick')).toEqual(['delivered'])
  })

  test('a range goes out in the order of each stream', async () => {
    await record(landfall.deps, landfall.account, [seen('m1', 'WORKING', 0)])
    for (let n = 1; n <= 5; n++) {
      await record(landfall.deps, landfall.account, [seen('m1', n % 2 ? 'COMPLETE' : 'WORKING', n * 10)])
    }
    await hooks.drain()
    const before = hooks.receivedBy('well').map(({ id }) => id)

    await replayEvents(landfall.db, { hook: 'well', since: new Date(Date.now() - 60_000), until: new Date() })
    await hooks.drain()

    expect(hooks.receivedBy('well').map(({ id }) => id)).toEqual([...before, ...before])
  })

  test('the dead go out again with a whole schedule before them', async () => {
    hooks.answer('sick', () => refused(500))
    await land('m1')
    for (let n = 0; n < 10; n++) {
      await hooks.drain()
      await hooks.passHours(1)
      await query(
        landfall.db,
        'update landfall.delivery set next_attempt_at = now() where next_attempt_at > now()',
      )
    }
    expect(await statesOf('sick')).toEqual(['dead'])

    expect(await replayEvents(landfall.db, { dead: true })).toMatchObject([{ hook: 'sick', dead: 1 }])
    await hooks.drain()
    expect(await statesOf('sick')).toEqual(['pending'])
    const [row] = await query(
      landfall.db,
      `select attempts, failures from landfall.delivery where hook = 'sick'`,
    )
    expect(row).toEqual({ attempts: 11, failures: 1 })
  })

  test('a dry run counts and sends nothing', async () => {
    await land('m1', 'm2')
    await hooks.drain()

    expect(await countReplay(landfall.db, { types: ['migration.completed'] })).toEqual([
      { hook: 'sick', delivered: 2, dead: 0, held: 0, pending: 0, unsent: 0 },
      { hook: 'well', delivered: 2, dead: 0, held: 0, pending: 0, unsent: 0 },
    ])
    expect(await hooks.round()).toBe(0)
  })

  test('what a hook wants and was never sent goes out too', async () => {
    await land('m1')
    await query(landfall.db, `delete from landfall.delivery where hook = 'sick'`)

    expect(await replayEvents(landfall.db, { hook: 'sick' })).toMatchObject([{ unsent: 1 }])
    await hooks.drain()

    expect(hooks.receivedBy('sick')).toHaveLength(1)
  })

  test("a disabled hook's are held", async () => {
    await land('m1')
    await hooks.drain()
    await query(landfall.db, `update landfall.hook set state = 'disabled' where name = 'sick'`)

    await replayEvents(landfall.db, { hook: 'sick' })
    await hooks.drain()

    expect(await statesOf('sick')).toEqual(['held'])
    expect(hooks.receivedBy('sick')).toHaveLength(1)
  })
})

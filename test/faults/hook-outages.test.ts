import { expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { DEADLINE_MS } from '../../src/hooks/http-attempt.ts'
import type { Db } from '../../src/store/db.ts'
import { ATTEMPTS_PER_HOOK } from '../../src/store/deliveries.ts'
import { enableHook } from '../../src/store/hooks.ts'
import { query } from '../support/account.ts'
import { testHook } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Behaviour, WebhookReceiver } from '../support/webhook-receiver.ts'
import {
  type Call,
  callsTo,
  createWorld,
  expectPromisesKept,
  startReceiver,
  startTestDaemon,
  waitForTruth,
} from '../support/world.ts'

const lives = { migrations: 60, history: 10, arrivalS: 240 }

const trouble: Behaviour[] = [
  () => ({ status: 500, body: 'oops' }),
  () => 'reset',
  () => ({ status: 302, headers: { location: '/elsewhere' } }),
  () => ({ raw: 'this is no HTTP\r\n\r\n' }),
  () => ({ status: 200, body: 'half', ending: 'reset' }),
  () => ({ status: 503, headers: { 'retry-after': '120' } }),
]

/** The waits of the schedule, some of them hours, are over. */
async function skipWaits(db: Db) {
  await query(db, 'update landfall.hook set failures = 0, paused_until = null')
  return query(
    db,
    `update landfall.delivery set next_attempt_at = now()
     where state = 'pending' and lease_until is null and next_attempt_at > now()`,
  )
}

/** Lets a receiver be troubled until told otherwise, and keeps what it accepted. */
function troubleUntilTold(receiver: WebhookReceiver) {
  let isWell = false
  const accepted: number[] = []
  receiver.behave((request, count) => {
    const reaction = isWell ? {} : (trouble[count % trouble.length]?.(request, count) ?? {})
    if (isWell) accepted.push(count - 1)
    return reaction
  })
  return {
    recover: () => {
      isWell = true
    },
    wasAccepted: (index: number) => accepted.includes(index),
  }
}

/** Whatever came, came in its migration's order: nothing was even tried before what stands in front of it was accepted. */
function expectOrder(calls: readonly Call[], wasAccepted: (index: number) => boolean): void {
  const done = new Map<string, number>()
  for (const [index, { id, data, subject, sequence }] of calls.entries()) {
    const stream = subject ?? `account ${String(data['account'])}`
    const last = done.get(stream) ?? 0
    expect(Number(sequence), `${id} of ${stream}`).toBe(last + 1)
    if (wasAccepted(index)) done.set(stream, last + 1)
  }
}

test('a receiver that was down for long gets everything, each migration in its order, under the same ids', async ({
  onTestFinished: after,
}) => {
  const world = await createWorld(after, { simulator: lives, hook: { events: EVENT_TYPES } })
  const { db, simulator, receiver } = world
  const { recover, wasAccepted } = troubleUntilTold(receiver)
  await startTestDaemon(after, world.config)
  // Each of them has failed some times.
  const failed = async (times: number) => {
    await skipWaits(db)
    const [row] = await query<{ n: number }>(
      db,
      'select count(*)::int as n from landfall.delivery where attempts >= $1',
      [times],
    )
    return (row?.n ?? 0) > 20
  }
  await waitFor(() => failed(4), { what: 'four failures each', timeoutMs: 30_000 })
  expect(await query(db, `select 1 from reporting.deliveries where state <> 'pending'`)).toEqual([])

  recover()
  const several = async () =>
    (await query(db, 'select 1 from reporting.events where sequence = 3')).length > 20
  await waitFor(several, { what: 'migrations with several events', timeoutMs: 30_000 })
  simulator.freeze()
  const caughtUp = async () => {
    await skipWaits(db)
    return (await query(db, `select 1 from reporting.deliveries where state <> 'delivered'`)).length === 0
  }
  await waitFor(caughtUp, { what: 'all deliveries', timeoutMs: 30_000 })
  await waitForTruth(db, () => simulator.truth())

  expectOrder(callsTo(receiver), wasAccepted)
  await expectPromisesKept(world, simulator.truth())
}, 180_000)

test('410 disables the hook and holds its events; enabled again it gets them all, in order', async ({
  onTestFinished: after,
}) => {
  const world = await createWorld(after, { simulator: lives, hook: { events: EVENT_TYPES } })
  const { db, simulator, receiver } = world
  let isGone = false
  const accepted = new Set<number>()
  receiver.behave((_, count) => {
    if (!isGone) accepted.add(count - 1)
    return isGone ? { status: 410 } : {}
  })
  await startTestDaemon(after, world.config)
  await waitFor(() => receiver.requests.length > 30, { what: 'deliveries', timeoutMs: 30_000 })

  isGone = true
  const disabled = async () =>
    (await query(db, `select 1 from landfall.hook where state = 'disabled'`)).length === 1
  await waitFor(disabled, { what: 'the hook to be disabled', timeoutMs: 20_000 })
  const held = async () => (await query(db, `select 1 from reporting.deliveries where state = 'held'`)).length
  await waitFor(async () => (await held()) > 20, { what: 'held events', timeoutMs: 20_000 })
  const lastCallAt = () => receiver.requests.at(-1)?.receivedAt.getTime() ?? 0
  const isQuiet = () => Date.now() - lastCallAt() > 2_000
  await waitFor(isQuiet, { what: 'attempts under way to end', timeoutMs: 20_000 })
  const told = receiver.requests.length
  // Attempts that were under way together; none comes after.
  expect(told - accepted.size).toBeLessThanOrEqual(ATTEMPTS_PER_HOOK)
  const more = (await held()) + 10
  await waitFor(async () => (await held()) > more, { what: 'more held events', timeoutMs: 20_000 })
  expect(receiver.requests.length).toBe(told)
  // What was written while the hook was being disabled is held within seconds.
  const areHeld = async () =>
    (await query(db, `select 1 from reporting.deliveries where state in ('dead', 'pending')`)).length === 0
  await waitFor(areHeld, { what: 'all to be held', timeoutMs: 20_000 })

  isGone = false
  await enableHook(db, 'default')
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth())
  expectOrder(callsTo(receiver), (index) => accepted.has(index))
  await expectPromisesKept(world, simulator.truth())
}, 180_000)

test('hooks whose receivers hang keep no other hook waiting', async ({ onTestFinished: after }) => {
  // Something is to tell for a minute, however long it takes until all of them hang.
  const longer = { migrations: 600, aliveShare: 0.1, arrivalS: 3_600 }
  const world = await createWorld(after, { simulator: { ...lives, ...longer } })
  const { db, receiver } = world
  const hanging = await Promise.all(Array.from({ length: 6 }, () => startReceiver(after)))
  for (const one of hanging) one.behave(() => 'hang')
  const hooks = [
    testHook(receiver.url, { events: EVENT_TYPES }),
    ...hanging.map(({ url }, i) => testHook(url, { name: `hanging-${i}`, events: EVENT_TYPES })),
  ]
  await startTestDaemon(after, { ...world.config, hooks })

  const allHang = () => hanging.every(({ requests }) => requests.length >= 10)
  await waitFor(allHang, { what: 'ten hanging attempts each', timeoutMs: 30_000 })
  const since = new Date()
  const measure = () =>
    query<{ ms: number | null }>(
      db,
      `select (1000 * extract(epoch from d.delivered_at - e.recorded_at))::float8 as ms
       from reporting.deliveries d join reporting.events e using (event_id)
       where d.hook = 'default' and e.recorded_at > $1 order by e.recorded_at limit 60`,
      [since],
    )
  const toldMs = await waitFor(
    async () => {
      const ms = (await measure()).flatMap((row) => row.ms ?? [])
      return ms.length === 60 && ms.toSorted((a, b) => a - b)
    },
    { what: 'deliveries meanwhile', timeoutMs: 30_000 },
  )

  // Most are told sooner than a single attempt that hangs is over, and so waited for none.
  expect(toldMs[30]).toBeLessThan(DEADLINE_MS)
  for (const one of hanging) await one.stop()
}, 180_000)

import { describe, expect, test } from 'vitest'

import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/server.ts'
import { query } from '../support/account.ts'
import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { waitFor } from '../support/wait-for.ts'
import { callsTo, createWorld, expectPromisesKept, startTestDaemon, type World, waitForTruth } from '../support/world.ts'

/** Requests that were on their way when the answer that stops them was read. */
const ON_THEIR_WAY_MS = 500

/** A daemon that always has something to ask. */
async function startBusy(options: SimulatorOptions = {}): Promise<World> {
  const still = { migrations: 120, aliveShare: 1, history: 0, speed: 0.001 }
  const world = await createWorld({
    simulator: { ...still, ...options },
    account: { requestsPerSecond: 20, burst: 20 },
    hook: { events: EVENT_TYPES },
  })
  await startTestDaemon(world.config)
  await waitFor(() => (world.simulator.counts().kinds['get'] ?? 0) > 10, { what: 'polls', timeoutMs: 20_000 })
  return world
}

function makeDue({ db }: World) {
  return query(db, 'update landfall.migration set next_poll_at = now() where next_poll_at > now()')
}

const last = (simulator: Simulator, statusCode: number) =>
  simulator.requests().findLast((request) => request.statusCode === statusCode)?.at ?? 0

/** Waits until a request gets through again; everything is due meanwhile. */
async function waitUntilAsked(world: World, afterMs: number, timeoutMs: number): Promise<number> {
  const { simulator } = world
  return waitFor(
    async () => {
      await makeDue(world)
      return simulator.requests().find(({ at }) => at > afterMs)?.at
    },
    { what: 'the next request', timeoutMs },
  )
}

describe('too many requests', () => {
  test.for(['429_retry_after.seconds', '429_retry_after.date', '5xx.503_retry_after'] as const)(
    '%s: the whole account stays silent for as long as the provider asks',
    { timeout: 60_000 },
    async (fault) => {
      const world = await startBusy({ retryAfterSeconds: 4 })
      const { simulator } = world
      const statusCode = fault.startsWith('5xx') ? 503 : 429

      simulator.setFaults({ [fault]: 1 })
      await waitFor(async () => (await makeDue(world)) && last(simulator, statusCode) > 0, { what: 'a refusal' })
      simulator.setFaults({})
      const refusedAt = last(simulator, statusCode)
      const nextAt = await waitUntilAsked(world, refusedAt + ON_THEIR_WAY_MS, 15_000)

      expect(nextAt - refusedAt).toBeGreaterThanOrEqual(4_000)
      expect(nextAt - refusedAt).toBeLessThan(9_000)
    },
  )

  test('a wave of refusals that names no time counts as one, and costs seconds', async () => {
    const world = await startBusy({ latencyMs: 300 })
    const { simulator } = world

    simulator.setFaults({ '429': 1 })
    const refused = () => simulator.counts().statusCodes['429'] ?? 0
    await waitFor(async () => (await makeDue(world)) && refused() >= 4, { what: 'refusals', timeoutMs: 20_000 })
    simulator.setFaults({})
    const refusedAt = last(simulator, 429)
    const nextAt = await waitUntilAsked(world, refusedAt + ON_THEIR_WAY_MS, 70_000)

    expect(nextAt - refusedAt).toBeGreaterThanOrEqual(2_000)
    expect(nextAt - refusedAt).toBeLessThan(10_000)
  }, 100_000)

  test('a wave of failures counts as far as the pause it brings, and no further', async () => {
    const world = await startBusy({ latencyMs: 300 })
    const { simulator, db } = world

    simulator.setFaults({ html: 1 })
    const failed = () => simulator.counts().faults['html'] ?? 0
    await waitFor(async () => (await makeDue(world)) && failed() >= 6, { what: 'failures', timeoutMs: 20_000 })
    simulator.setFaults({})
    const failedAt = Date.now()
    const nextAt = await waitUntilAsked(world, failedAt + ON_THEIR_WAY_MS, 30_000)

    expect(nextAt - failedAt).toBeLessThan(8_000)
    await waitFor(async () => (await query(db, 'select 1 from landfall.budget where failures = 0')).length === 1, {
      what: 'good answers to end the row',
      timeoutMs: 10_000,
    })
  }, 60_000)
})

describe.for([401, 403] as const)('a key that is refused with %d', (refusal) => {
  test('one event, one slow probe at a time, and all is caught up when the key works again', { timeout: 90_000 }, async () => {
    const world = await createWorld({ simulator: { slowBodyMs: 2_500 }, hook: { events: EVENT_TYPES } })
    const { simulator, db } = world
    await startTestDaemon(world.config)
    const kindsOf = (types: string[]) =>
      query<{ type: string }>(db, 'select type from reporting.events where type = any($1) order by sequence', [types])
    const stateEvents = async () =>
      (await kindsOf(['account.suspended', 'account.resumed'])).map(({ type }) => type)
    const struck = (name: string) => simulator.counts().faults[name] ?? 0
    await waitFor(() => (simulator.counts().kinds['get'] ?? 0) > 10, { what: 'polls', timeoutMs: 20_000 })

    // Good answers to what was asked before the refusal arrive after it: they do not mean that the key works again.
    simulator.setFaults({ slow_body: 1 })
    await waitFor(async () => (await makeDue(world)) && struck('slow_body') >= 3, { what: 'slow answers' })
    simulator.setFaults({ [refusal]: 1 })
    await waitFor(async () => (await makeDue(world)) && (await stateEvents()).length > 0, { what: 'the suspension' })
    const suspendedAt = Date.now()
    const underWay = 'select 1 from landfall.migration where lease_until > now()'
    await waitFor(async () => (await query(db, underWay)).length === 0, { what: 'slow answers to end', timeoutMs: 30_000 })
    await makeDue(world)

    const later = () => simulator.requests().filter(({ at }) => at > suspendedAt + ON_THEIR_WAY_MS)
    await waitFor(() => Date.now() > suspendedAt + 6_000, { what: 'silence' })
    expect(later()).toEqual([])
    expect(await stateEvents()).toEqual(['account.suspended'])
    const probe = () => query(db, 'update landfall.account set probe_at = now()')
    await probe()
    await waitFor(() => later().length > 0, { what: 'a probe' })
    expect(later()).toMatchObject([{ kind: 'list', statusCode: refusal }])
    expect(await stateEvents()).toEqual(['account.suspended'])

    simulator.setFaults({})
    await probe()
    await waitFor(async () => (await stateEvents()).length === 2, { what: 'the resumption', timeoutMs: 15_000 })
    simulator.freeze()
    await waitForTruth(db, () => simulator.truth())
    expect(await stateEvents()).toEqual(['account.suspended', 'account.resumed'])
    const told = callsTo(world.receiver).map(({ type }) => type)
    expect(told.filter((type) => /suspended|resumed/.test(type))).toEqual(['account.suspended', 'account.resumed'])
  })
})

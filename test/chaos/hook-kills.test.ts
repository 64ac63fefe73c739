import { setTimeout as delay } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { ATTEMPTS_PER_HOOK } from '../../src/store/deliveries.ts'
import { query } from '../support/account.ts'
import { testHook } from '../support/daemon.ts'
import { startDaemonChild } from '../support/daemon-child.ts'
import { createTestEvents } from '../support/events.ts'
import { canStartRedisServer } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { type After, createWorld, startReceiver, startRedis } from '../support/world.ts'

const EVENTS = 1_000
const KILLS = 12
const STREAMS = 200
const NAMES = ['steady', 'slow', 'moody']

const backends = canStartRedisServer() ? (['postgres', 'redis'] as const) : (['postgres'] as const)

test.for(backends)(
  'kill -9 at random moments while 1,000 events go to 3 hooks, one of them failing at times, on %s',
  (backend, { onTestFinished }) => run(onTestFinished, backend),
)

async function run(after: After, backend: 'postgres' | 'redis'): Promise<void> {
  const redis = backend === 'redis' ? await startRedis(after) : null
  const world = await createWorld(after, {
    simulator: { migrations: 0, history: 0 },
    redisUrl: redis?.url ?? null,
  })
  const { db } = world
  const receivers = new Map(
    await Promise.all(NAMES.map(async (name) => [name, await startReceiver(after)] as const)),
  )
  receivers.get('slow')?.behave(() => ({ delayMs: 20 }))
  let calls = 0
  const failed: string[] = []
  receivers.get('moody')?.behave(({ headers }) => {
    calls += 1
    // Whole runs of failures, so that the breaker takes part.
    if (Math.floor(calls / 7) % 3 !== 1) return {}
    failed.push(String(headers['webhook-id']))
    return { status: 500 }
  })
  const hooks = NAMES.map((name) => testHook(receivers.get(name)?.url ?? '', { name, events: EVENT_TYPES }))
  const config = { ...world.config, accounts: [], hooks, roles: new Set(['deliver'] as const) }

  let child = startDaemonChild(config)
  after(() => child.kill())
  await child.ready
  const ids = await createTestEvents(db, { streams: STREAMS, perStream: EVENTS / STREAMS })

  let kills = 0
  const inFlight: number[] = []
  while (kills < KILLS) {
    await delay(300 + Math.random() * 1_200)
    const [row] = await query<{ n: number }>(
      db,
      `select count(*)::int as n from landfall.delivery where state = 'pending' and lease_until is not null`,
    )
    inFlight.push(row?.n ?? 0)
    await child.kill()
    kills += 1
    child = startDaemonChild(config)
    await child.ready
  }
  const open = async () => {
    // The schedule's hours are over at once.
    await query(
      db,
      `update landfall.delivery set next_attempt_at = now(), failures = 0
       where state = 'pending' and lease_until is null and next_attempt_at > now()`,
    )
    return (await query(db, `select 1 from reporting.deliveries where state <> 'delivered'`)).length
  }
  await waitFor(async () => (await open()) === 0, { what: 'all deliveries', timeoutMs: 240_000 })

  for (const [name, { requests }] of receivers) {
    const accepted = requests.map(({ headers }) => String(headers['webhook-id']))
    if (name === 'moody') for (const id of failed) accepted.splice(accepted.indexOf(id), 1)
    // Each at least once, under the ids that they had, and none that was never told.
    expect(new Set(accepted), name).toEqual(new Set(ids))
    // What was under way at a kill, and nothing else, came twice.
    expect(accepted.length - ids.length, name).toBeLessThanOrEqual(KILLS * ATTEMPTS_PER_HOOK)
    const bodies = new Map<string, string>()
    for (const { headers, body } of requests) {
      const id = String(headers['webhook-id'])
      expect(bodies.get(id) ?? body).toBe(body)
      bodies.set(id, body)
    }
  }
  console.log(
    `${backend}: ${kills} kills, ${Math.max(...inFlight)} attempts in flight at most,`,
    NAMES.map((name) => `${name} ${receivers.get(name)?.requests.length} calls`).join(', '),
  )
}

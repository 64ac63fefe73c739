import { afterEach, beforeEach, expect, test } from 'vitest'

import type { AttemptOutcome } from '../../src/domain/delivery-policy.ts'
import { TERMINAL_EVENT_TYPES } from '../../src/domain/event-type.ts'
import { claimDueDeliveries, type DeliveryClaim, startAttempt } from '../../src/store/deliveries.ts'
import { deliverEvent } from '../../src/work/deliver-event.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'

const hook = { name: 'default', kind: 'webhook', events: [...TERMINAL_EVENT_TYPES] }
const never = new AbortController().signal

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeEach(async () => {
  landfall = await createTestAccount({ hooks: [hook] })
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  await record(landfall.deps, landfall.account, [seen('m1', 'COMPLETE', 0)])
})
afterEach(() => landfall.close())

async function claimOne(): Promise<DeliveryClaim> {
  const [claim] = await claimDueDeliveries(landfall.db, [hook.name])
  if (claim === undefined) throw new Error('nothing is due')
  return claim
}

async function attempt(outcome: AttemptOutcome): Promise<void> {
  const { db, deps } = landfall
  const hooks = new Map([[hook.name, { name: hook.name, send: async () => outcome }]])
  const { log, meter, newEventId } = deps
  await deliverEvent({ db, log, meter, hooks, random: () => 0, newEventId }, await claimOne(), never)
}

async function load() {
  const [row] = await query(
    landfall.db,
    `select state, attempts, last_status_code, round(extract(epoch from next_attempt_at - now()))::int as wait_s
     from reporting.deliveries`,
  )
  return row
}

const failed: AttemptOutcome = { kind: 'refused', status: 500, excerpt: '' }

test('attempts whose process was killed count for nothing: the receiver gets all of its own', async () => {
  for (let kill = 1; kill <= 12; kill += 1) {
    expect(await startAttempt(landfall.db, await claimOne())).not.toBeNull()
    await query(landfall.db, `update landfall.delivery set lease_until = now() - interval '1 second'`)
  }

  await attempt(failed)

  expect(await load()).toEqual({ state: 'pending', attempts: 1, last_status_code: 500, wait_s: 5 })
})

test('ten failures in a row are all that a delivery gets', async () => {
  for (let failure = 1; failure <= 9; failure += 1) {
    await attempt(failed)
    expect(await load()).toMatchObject({ state: 'pending', attempts: failure })
    await query(landfall.db, 'update landfall.delivery set next_attempt_at = now()')
    await query(landfall.db, 'update landfall.hook set paused_until = null')
  }
  await attempt(failed)

  expect(await load()).toMatchObject({ state: 'dead', attempts: 10 })
})

test('410 holds the delivery and keeps what was answered', async () => {
  await attempt({ kind: 'refused', status: 410, excerpt: '' })

  expect(await load()).toMatchObject({ state: 'held', attempts: 1, last_status_code: 410 })
})

test('an accepted attempt is one attempt', async () => {
  await attempt({ kind: 'accepted', status: 204, durationMs: 1 })

  expect(await load()).toMatchObject({ state: 'delivered', attempts: 1, last_status_code: 204 })
})

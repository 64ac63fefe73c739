import { expect, test } from 'vitest'

import { query } from '../support/account.ts'
import { samplesOf } from '../support/samples.ts'
import { waitFor } from '../support/wait-for.ts'
import { callsTo, createWorld, shareEnded, startTestDaemon, waitForTruth } from '../support/world.ts'

const TOKEN = 'a-token-that-only-tests-may-know'

test('counts what was asked, seen and told', async ({ onTestFinished }) => {
  const world = await createWorld(onTestFinished, { simulator: { migrations: 40, inventedShare: 0.5 } })
  const daemon = await startTestDaemon(onTestFinished, { ...world.config, apiToken: TOKEN })
  const { db, simulator, receiver } = world
  const scrape = async () => {
    const response = await fetch(`${daemon.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
    return samplesOf(await response.text())
  }
  const sum = (samples: Map<string, number>, start: string) =>
    [...samples].reduce((all, [name, n]) => all + (name.startsWith(start) ? n : 0), 0)

  const strange = await fetch(`${daemon.url}/metrics`)
  expect(strange.status).toBe(401)

  await waitFor(() => shareEnded(simulator.truth()) > 0.9, { what: 'lives to end', timeoutMs: 60_000 })
  simulator.freeze()
  await waitForTruth(db, () => simulator.truth())

  const samples = await scrape()
  const expected = await query<{ changes: number; first: number; unknown: number }>(
    db,
    `select count(*) filter (where seq > 1)::int as changes, count(*) filter (where seq = 1)::int as first,
       count(*) filter (where to_phase = 'unknown')::int as unknown from reporting.transitions`,
  )
  const { changes = 0, first = 0, unknown = 0 } = expected[0] ?? {}
  expect(unknown).toBeGreaterThan(0)
  expect(sum(samples, 'landfall_transitions_total{')).toBe(changes)
  expect(samples.get('landfall_discovered_total{account="acme"}')).toBe(first)
  expect(samples.get('landfall_unknown_statuses_total{account="acme"}')).toBe(unknown)
  expect(samples.get('landfall_detection_lag_bound_seconds_count{account="acme"}')).toBe(changes)
  const accepted = samples.get('landfall_delivery_attempts_total{hook="default",outcome="accepted"}')
  expect(accepted).toBe(callsTo(receiver).length)
  expect(samples.get('landfall_delivery_first_attempt_seconds_count{hook="default"}')).toBe(accepted)
  expect(samples.get('landfall_expected_lag_seconds{account="acme"}')).toBeGreaterThan(0)
  expect(samples.get('landfall_queue_waiting_jobs{queue="deliveries"}')).toBe(0)

  // It goes on asking: what it has counted lies between what was sent before and after.
  const before = simulator.requests().length
  const asked = await waitFor(
    async () => {
      const n = sum(await scrape(), 'landfall_requests_total{account="acme"')
      return n >= before && n
    },
    { what: 'the requests to be counted' },
  )
  expect(asked).toBeLessThanOrEqual(simulator.requests().length)
}, 120_000)

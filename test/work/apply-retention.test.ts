import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { applyRetention } from '../../src/work/apply-retention.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { waitFor } from '../support/wait-for.ts'

const HOUR_MS = 3_600_000
const STATES = ['delivered', 'pending', 'held', 'dead'] as const
const hooks = [{ name: 'default', kind: 'webhook', events: [] }]
const forever = { deliveries: null, usage: null }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
beforeAll(async () => {
  landfall = await createTestAccount({ hooks })
})
afterAll(() => landfall.close())
beforeEach(empty)

async function empty(): Promise<void> {
  await query(landfall.db, 'truncate landfall.delivery, landfall.usage, landfall.event cascade')
}

interface Delivery {
  readonly state: (typeof STATES)[number]
  readonly hoursOld: number
}

/** Deliveries numbered from 0, each of an event as old as itself. */
async function store(deliveries: readonly Delivery[]): Promise<void> {
  await query(
    landfall.db,
    `with given as (
       select n, d ->> 'state' as state, now() - (d ->> 'hoursOld')::float8 * interval '1 hour' as at
       from jsonb_array_elements($1) with ordinality as given (d, n)),
     told as (
       insert into landfall.event (id, type, account, sequence, recorded_at, payload)
       select 'evt_' || n - 1, 'account.resumed', 'acme', n, at, '{}' from given)
     insert into landfall.delivery (event, hook, stream, sequence, state, first_attempt_at, delivered_at)
     select 'evt_' || n - 1, 'default', 'a/acme', n, state, at, case state when 'delivered' then at end from given`,
    [JSON.stringify(deliveries)],
  )
}

const arrived = (count: number, hoursOld: number): Delivery[] =>
  Array.from({ length: count }, () => ({ state: 'delivered', hoursOld }))

async function storeUsage(hoursOld: readonly number[]): Promise<void> {
  await query(
    landfall.db,
    `insert into landfall.usage (account, hour) select distinct 'acme', now() - h * interval '1 hour' from unnest($1::float8[]) h`,
    [hoursOld],
  )
}

async function left(): Promise<number[]> {
  const rows = await query<{ n: number }>(
    landfall.db,
    `select substr(event_id, 5)::int as n from reporting.deliveries order by n`,
  )
  return rows.map(({ n }) => n)
}

const count = async (table: string) =>
  (await query<{ n: number }>(landfall.db, `select count(*)::int as n from ${table}`))[0]?.n

describe('what is older than it is to be kept', () => {
  const delivery = fc.record({
    state: fc.constantFrom(...STATES),
    hoursOld: fc.integer({ min: 0, max: 200 }).map((hours) => hours + 0.5),
  })
  const ages = fc.array(
    fc.integer({ min: 0, max: 200 }).map((hours) => hours + 0.5),
    { maxLength: 20 },
  )

  test('goes, and nothing else: no delivery that has not arrived, no event', {
    timeout: 60_000,
  }, async () => {
    const given = fc.tuple(
      fc.array(delivery, { maxLength: 40 }),
      ages,
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 7 }),
    )
    await fc.assert(
      fc.asyncProperty(given, async ([deliveries, usage, keptHours, usageHours, batchRows]) => {
        await empty()
        await store(deliveries)
        await storeUsage(usage)

        const keepMs = { deliveries: keptHours * HOUR_MS, usage: usageHours * HOUR_MS }
        const done = await applyRetention(landfall.deps, keepMs, { batchRows, runMs: 60_000 })

        const stays = ({ state, hoursOld }: Delivery) => state !== 'delivered' || hoursOld < keptHours
        expect(await left()).toEqual(deliveries.flatMap((one, n) => (stays(one) ? [n] : [])))
        const young = new Set(usage.filter((hoursOld) => hoursOld < usageHours))
        expect(await count('reporting.api_usage_hourly')).toBe(young.size)
        expect(await count('reporting.events')).toBe(deliveries.length)
        const gone = [deliveries.filter((one) => !stays(one)).length, new Set(usage).size - young.size]
        expect([done?.deliveries, done?.usage]).toEqual(gone)
        // As many as full batches, and one that finds the rest of each.
        const statements = gone.map((rows) => Math.floor(rows / batchRows) + 1)
        expect(done?.statements).toBe((statements[0] ?? 0) + (statements[1] ?? 0))
      }),
      { numRuns: 40 },
    )
  })

  test('stays where it is to be kept for ever', async () => {
    await store(arrived(3, 1e6))
    await storeUsage([1e6])

    expect(await applyRetention(landfall.deps, forever)).toMatchObject({ statements: 0 })

    expect(await left()).toEqual([0, 1, 2])
    expect(await count('landfall.usage')).toBe(1)
  })

  test('stays while somebody else holds it, and goes the next time', async () => {
    await store(arrived(3, 2))
    const keepMs = { deliveries: HOUR_MS, usage: null }
    const client = await landfall.db.pool.connect()
    await client.query(`begin; select from landfall.delivery where event = 'evt_1' for update`)

    await applyRetention(landfall.deps, keepMs)
    expect(await left()).toEqual([1])

    await client.query('rollback')
    client.release()
    await applyRetention(landfall.deps, keepMs)
    expect(await left()).toEqual([])
  })
})

describe('a run', () => {
  const keepMs = { deliveries: HOUR_MS, usage: null }
  const LIMITS = { batchRows: 10, runMs: 60_000 }

  test('ends when its time is over, and the next one goes on', async () => {
    await store(arrived(30, 2))

    const first = await applyRetention(landfall.deps, keepMs, { batchRows: 10, runMs: 1e-6 })
    expect(first).toMatchObject({ deliveries: 0, isCutShort: true })
    const second = await applyRetention(landfall.deps, keepMs, LIMITS)
    expect(second).toMatchObject({ deliveries: 30, isCutShort: false })
  })

  test('leaves the work to a process that is at it', async () => {
    await store(arrived(3, 2))
    const other = await landfall.db.pool.connect()
    await other.query('select pg_advisory_lock(7265003)')

    expect(await applyRetention(landfall.deps, keepMs)).toBeNull()
    expect(await left()).toHaveLength(3)

    await other.query('select pg_advisory_unlock(7265003)')
    other.release()
    expect(await applyRetention(landfall.deps, keepMs)).toMatchObject({ deliveries: 3 })
  })

  test('that was cut off has removed whole batches, and hinders no later one', async () => {
    await store(arrived(500, 2))
    // The server ends the session at the thirteenth batch, as it does when the process dies.
    await query(
      landfall.db,
      `create sequence batches;
       create function end_session() returns trigger language plpgsql as $$ begin
         if nextval('batches') = 13 then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end if;
         return null;
       end $$;
       create trigger end_session after delete on landfall.delivery for each statement execute function end_session()`,
    )

    await expect(applyRetention(landfall.deps, keepMs, LIMITS)).rejects.toThrow()
    expect(await left()).toHaveLength(380)
    // The server says that a session ends a moment before it lets go of the session's lock.
    const next = await waitFor(() => applyRetention(landfall.deps, keepMs, LIMITS), { what: 'the lock' })
    expect(next).toMatchObject({ deliveries: 380 })
    await query(landfall.db, 'drop trigger end_session on landfall.delivery')
  })

  test('changes nothing that reports tell of migrations', async () => {
    await record(landfall.deps, landfall.account, [seen('m1', 'WORKING', 0), seen('m2', 'COMPLETE', 1)])
    await store(arrived(3, 2))
    const views = [
      'migrations',
      'transitions',
      'events',
      'daily_outcomes',
      'company_summary',
      'status_counts',
    ]
    const read = () =>
      Promise.all(views.map((view) => query(landfall.db, `select * from reporting.${view} order by 1, 2, 3`)))
    const before = await read()

    await applyRetention(landfall.deps, { deliveries: HOUR_MS, usage: HOUR_MS })

    expect(await left()).toEqual([])
    expect(await read()).toEqual(before)
  })
})

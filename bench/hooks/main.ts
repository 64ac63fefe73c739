import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { type Commits, commitEvenly, commitTogether, createMigrations } from './events.ts'
import { createPlace, type Place } from './place.ts'

// How soon and how fast events reach hooks, with Postgres, Redis, the daemon and the receiver all on this machine.
// usage: node bench/hooks/main.ts [--backend redis|postgres|both] [--seconds N] [--deliveries N]
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'both' },
    seconds: { type: 'string', default: '20' },
    deliveries: { type: 'string', default: '10000' },
  },
})
const SECONDS = Number(values.seconds)
const DELIVERIES = Number(values.deliveries)
const TURNS = 3

for (const backend of ['redis', 'postgres'] as const) {
  if (values.backend !== 'both' && values.backend !== backend) continue
  const place = await createPlace(backend)
  try {
    await measureLatency(place, backend)
    await measureThroughput(place, backend)
    await measureIsolation(place, backend)
  } finally {
    await place.stop()
  }
}

async function measureLatency(place: Place, backend: string): Promise<void> {
  const daemon = await place.startDaemon(['ok'])
  const lags = await lagsAt(place, 100, '/ok')
  await daemon.kill()
  print(backend, 'commit to first attempt at 100 events/s', lags)
}

async function measureThroughput(place: Place, backend: string): Promise<void> {
  const daemon = await place.startDaemon(['ok'])
  const keys = await createMigrations(place.db, DELIVERIES)
  await commitTogether(place.db, keys)
  await waitForCount(place, DELIVERIES, 300_000)
  const times = (await place.receiver.take()).map(([, , atMs]) => atMs)
  await daemon.kill()
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000
  console.log(`${backend}: ${Math.round(times.length / seconds)} signed deliveries/s over ${times.length}`)
}

/** The same load for one hook alone, beside another, and beside one that hangs for 15 s on every call; by turns. */
async function measureIsolation(place: Place, backend: string): Promise<void> {
  const others = { alone: [], 'beside another': ['other'], 'beside one that hangs': ['hang'] }
  const lags = new Map<string, number[]>()
  for (let turn = 1; turn <= TURNS; turn += 1) {
    for (const [how, names] of Object.entries(others)) {
      lags.set(how, [...(lags.get(how) ?? []), ...(await lagsBeside(place, names))])
    }
  }
  const p99 = (how: keyof typeof others) => percentile(lags.get(how) ?? [], 0.99)
  const rise = p99('beside one that hangs') / p99('beside another') - 1
  for (const [how, of] of lags) print(backend, `a healthy hook ${how}`, of)
  console.log(`${backend}: p99 where the other hangs: ${rise < 0 ? '' : '+'}${Math.round(100 * rise)} %`)
}

async function lagsBeside(place: Place, others: readonly string[]): Promise<number[]> {
  // In a turn of more than 15 s the calls that hang fail: the next turn begins with a hook that is thought well again.
  await place.db.pool.query(
    'update landfall.hook set failures = 0, failing_since = null, paused_until = null',
  )
  const daemon = await place.startDaemon(['ok', ...others])
  // Until every place of a hanging hook is taken.
  await commitTogether(place.db, await createMigrations(place.db, 50))
  await waitForCount(place, 50 + 10 * others.length, 60_000)
  await place.receiver.take()
  const lags = await lagsAt(place, 100, '/ok')
  await daemon.kill()
  return lags
}

async function lagsAt(place: Place, perSecond: number, path: string): Promise<number[]> {
  const keys = await createMigrations(place.db, perSecond * SECONDS)
  const commits = await commitEvenly(place.db, keys, perSecond)
  const { receiver } = place
  await waitFor(async () => (await deliveredOf(place, path)) >= keys.length, 60_000)
  return lagsOf(commits, path, await receiver.take())
}

function lagsOf(
  commits: Commits,
  path: string,
  arrivals: Awaited<ReturnType<Place['receiver']['take']>>,
): number[] {
  const first = new Map<string, number>()
  for (const [id, at, ms] of arrivals) if (at === path && !first.has(id)) first.set(id, ms)
  return [...commits].map(([id, ms]) => Math.max(0, (first.get(id) ?? Number.POSITIVE_INFINITY) - ms))
}

/** Deliveries of the hook that are done, of all that were begun in this run of the hook. */
async function deliveredOf({ db }: Place, path: string): Promise<number> {
  const { rows } = await db.pool.query<{ open: number }>(
    `select count(*)::int as open from landfall.delivery where hook = $1 and state <> 'delivered'`,
    [path.slice(1)],
  )
  return rows[0]?.open === 0 ? Number.POSITIVE_INFINITY : 0
}

async function waitForCount({ receiver }: Place, count: number, timeoutMs: number): Promise<void> {
  await waitFor(async () => (await receiver.count()) >= count, timeoutMs)
}

async function waitFor(isTrue: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const untilMs = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error('it took too long')
    await delay(100)
  }
}

function print(backend: string, what: string, lags: readonly number[]): void {
  const at = (share: number) => `${percentile(lags, share)} ms`
  console.log(`${backend}: ${what}: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} (${lags.length} events)`)
}

function percentile(lags: readonly number[], share: number): number {
  const sorted = lags.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

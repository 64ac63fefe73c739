import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import pg from 'pg'
import { pino } from 'pino'

import type { Config } from '../../src/config/config.ts'
import { startDaemon } from '../../src/daemon.ts'
import { createSimulator, type Simulator } from '../../src/simulator/server.ts'
import { openDb } from '../../src/store/db.ts'
import { foretellLag } from '../../src/work/foretell-lag.ts'
import { type Measured, measure } from './measure.ts'

// In real time: what `landfall plan` foretells after a while, and what is measured in the time that follows.
// usage: npm run bench:lag -- [--warm-up MINUTES] [--minutes N] [--lag-goal SECONDS] [--requests-per-second N] [--json]
const { values } = parseArgs({
  options: {
    'warm-up': { type: 'string', default: '12' },
    minutes: { type: 'string', default: '12' },
    'lag-goal': { type: 'string', default: '15' },
    'requests-per-second': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const minutes = { warmUp: Number(values['warm-up']), measured: Number(values.minutes) }
const stopped = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort())
const log = pino({ level: 'warn' }, pino.destination(2))

const dir = await mkdtemp(join(tmpdir(), 'landfall-lag-'))
// As many live at the start as will live all the time, with lives of some ten minutes.
const ALIVE = 150
const ARRIVING = 16 * (minutes.warmUp + minutes.measured + 5)
const simulator = createSimulator({
  seed: Number(values.seed),
  migrations: ALIVE + ARRIVING,
  aliveShare: ALIVE / (ALIVE + ARRIVING),
  arrivalS: 60 * (minutes.warmUp + minutes.measured + 5),
  typicalLifeS: 180,
  history: 300,
  latencyMs: 20,
})
const { url: providerUrl } = await simulator.start()
const daemon = await startDaemon(configFor(providerUrl), log, (err) => {
  throw err
})
const db = openDb({ url: daemon.databaseUrl, log, applicationName: 'bench' })
const pool = new pg.Pool({ connectionString: daemon.databaseUrl, max: 1 })
try {
  await pass(minutes.warmUp, 'warming up')
  const foretold = await foretellLag(db, 'bench', {})
  if (foretold === null) throw new Error('the daemon has no planner')
  const fromMs = Date.now()
  await pass(minutes.measured, 'measuring')
  // Ends of the last moments are still to be noticed.
  const untilMs = Date.now() - 2 * foretold.forecast.p99Ms
  report(foretold.forecast, await measure(pool, simulator.truth(), { fromMs, untilMs }))
} catch (err) {
  if (!stopped.signal.aborted) throw err
  process.exitCode = 130
} finally {
  await Promise.all([db.close(), pool.end()])
  await daemon.stop()
  await simulator.stop()
  await rm(dir, { recursive: true, force: true })
}

function configFor(baseUrl: string): Config {
  const account = {
    name: 'bench',
    provider: 'anon',
    apiKey: 'bench',
    baseUrl,
    requestsPerSecond: Number(values['requests-per-second']),
    burst: 10,
    pageSize: 20,
    sweepEveryMs: 300_000,
    policy: 'adaptive',
    lagGoalMs: 1000 * Number(values['lag-goal']),
    baseline: 'silent',
    statusMap: {},
    overdueAfter: {},
  } as const
  return {
    databaseUrl: null,
    directDatabaseUrl: null,
    redisUrl: null,
    dataDir: dir,
    accounts: [account],
    hooks: [],
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    apiToken: null,
    secretKey: null,
    roles: new Set(['plan', 'poll', 'deliver'] as const),
    allowPrivateHooks: true,
    keepMs: { deliveries: null, usage: null },
    logLevel: 'warn',
  }
}

async function pass(count: number, what: string): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    const counts = simulator.counts()
    console.error(`${what}: minute ${minute + 1} of ${count}, ${requestsOf(counts)} requests so far`)
    await delay(60_000 * Math.min(1, count - minute), null, { signal: stopped.signal })
  }
}

function requestsOf(counts: ReturnType<Simulator['counts']>): number {
  return Object.values(counts.kinds).reduce((sum, n) => sum + n, 0)
}

interface Foretold {
  readonly meanMs: number
  readonly p99Ms: number
  readonly boundP50Ms: number
  readonly boundP99Ms: number
}

function report(foretold: Foretold, measured: Measured): void {
  const rows = [
    ['mean delay of ends', foretold.meanMs, measured.meanMs],
    ['p99 delay of ends', foretold.p99Ms, measured.p99Ms],
    ['p50 of bounds (reporting.detection_lag)', foretold.boundP50Ms, measured.boundP50Ms],
    ['p99 of bounds (reporting.detection_lag)', foretold.boundP99Ms, measured.boundP99Ms],
  ] as const
  if (values.json) {
    console.log(JSON.stringify({ foretold, measured }))
    return
  }
  console.log(`\n${measured.ends} ends, ${measured.transitions} transitions`)
  console.log(`${''.padEnd(42)}foretold  measured  measured / foretold`)
  for (const [name, told, seen] of rows) {
    const seconds = [told, seen].map((ms) => `${(ms / 1000).toFixed(1)} s`.padStart(8))
    console.log(`${name.padEnd(42)}${seconds.join('  ')}  ${(seen / told).toFixed(2).padStart(8)}`)
  }
}

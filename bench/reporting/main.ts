import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import pg from 'pg'
import { pino } from 'pino'

import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { measure } from './measure.ts'
import { PANELS } from './panels.ts'
import { seed } from './seed.ts'

// How fast the reporting views answer what dashboards ask, and whether any of it reads history from end to end.
// usage: npm run bench:reporting -- [--migrations N] [--transitions M] [--days D] [--runs R] [--limit-ms L]
// It makes a database of its own, on an embedded Postgres or on the server of DATABASE_URL, and drops it at the end.
const { values } = parseArgs({
  options: {
    migrations: { type: 'string', default: '100000' },
    transitions: { type: 'string', default: '1000000' },
    // As dense as 10,000,000 transitions in a year.
    days: { type: 'string' },
    runs: { type: 'string', default: '40' },
    'limit-ms': { type: 'string', default: '100' },
  },
})
const transitions = Number(values.transitions)
const load = {
  migrations: Number(values.migrations),
  transitions,
  days: Number(values.days ?? Math.max(1, (365 * transitions) / 10_000_000)),
}

const server = await findServer()
const url = new URL(server.url)
url.pathname = `landfall_bench_${randomBytes(4).toString('hex')}`
try {
  await onServer(`create database ${url.pathname.slice(1)}`)
  await applySchemaChanges(url.href)
  await run()
} finally {
  await onServer(`drop database if exists ${url.pathname.slice(1)} with (force)`)
  await server.stop()
}

async function run(): Promise<void> {
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    await fill(client)
    await measureAll(client)
  } finally {
    await client.end()
  }
}

async function fill(client: pg.Client): Promise<void> {
  let shownAt = 0
  const done = await seed(client, load, (progress) => {
    if (progress.seconds < shownAt + 2) return
    shownAt = progress.seconds
    const rate = Math.round(progress.transitions / progress.seconds)
    console.error(
      `${progress.migrations} migrations, ${progress.transitions} transitions, ${rate} transitions/s`,
    )
  })
  const rate = Math.round(done.transitions / done.seconds)
  console.log(
    `${load.migrations} migrations and ${done.transitions} transitions over ${Math.round(load.days)} days,` +
      ` with events, deliveries, rollups and statistics, in ${done.seconds.toFixed(1)} s (${rate} transitions/s)\n`,
  )
}

async function measureAll(client: pg.Client): Promise<void> {
  const limitMs = Number(values['limit-ms'])
  console.log(
    `${'view'.padEnd(18)}${'asked for'.padEnd(36)}${'rows'.padStart(6)}${'p50 ms'.padStart(9)}${'p95 ms'.padStart(9)}  read from end to end`,
  )
  for (const panel of PANELS) {
    const { rows, p50Ms, p95Ms, scanned } = await measure(client, panel, Number(values.runs))
    const times = [p50Ms, p95Ms].map((ms) => ms.toFixed(1).padStart(9)).join('')
    const verdict = [...scanned, ...(p95Ms > limitMs ? ['TOO SLOW'] : [])].join(', ') || '–'
    console.log(
      `${panel.view.padEnd(18)}${panel.asks.padEnd(36)}${String(rows).padStart(6)}${times}  ${verdict}`,
    )
    if (verdict !== '–') process.exitCode = 1
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function findServer() {
  const given = process.env['DATABASE_URL']
  if (given) return { url: given, stop: async () => {} }
  const dataDir = await mkdtemp(join(tmpdir(), 'landfall-bench-'))
  await chmod(dataDir, 0o755)
  const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }, pino.destination(2)) })
  await postgres.start()
  const stop = async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: postgres.url(), stop }
}

import { parseArgs } from 'node:util'

import pg from 'pg'

import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { DASHBOARDS } from './dashboards.ts'
import { LISTS } from './lists.ts'
import { PANELS } from './panels.ts'
import { openPlace } from './place.ts'
import { reportQuestions, reportWrites } from './report.ts'
import { type Progress, seed } from './seed.ts'
import { openWrites } from './writes.ts'

// How fast the reporting views and the API's lists answer what is asked of them, whether any of it reads history from end
// to end, and what recording costs beside so much of it.
// usage: npm run bench:reporting -- [--migrations N] [--transitions M] [--days D] [--runs R] [--limit-ms L] [--database NAME]
// It makes a database of its own, on an embedded Postgres or on the server of DATABASE_URL, and drops it at the end. One
// that --database names on that server is kept, and not filled again where it is there already.
const { values } = parseArgs({
  options: {
    migrations: { type: 'string', default: '100000' },
    transitions: { type: 'string', default: '1000000' },
    // As dense as 10,000,000 transitions in a year.
    days: { type: 'string' },
    runs: { type: 'string', default: '40' },
    'limit-ms': { type: 'string', default: '100' },
    database: { type: 'string' },
  },
})
const transitions = Number(values.transitions)
const load = {
  migrations: Number(values.migrations),
  transitions,
  days: Number(values.days ?? Math.max(1, (365 * transitions) / 10_000_000)),
}

const place = await openPlace(values.database ?? null)
const client = new pg.Client({ connectionString: place.url })
try {
  await applySchemaChanges(place.url)
  await client.connect()
  if (!place.isFilled) await fill()
  await measureAll()
} finally {
  await client.end()
  await place.close()
}

async function fill(): Promise<void> {
  const done = await seed(client, load, createTeller())
  await place.markFilled()
  const rate = Math.round(done.transitions / done.seconds)
  console.log(
    `${load.migrations} migrations and ${done.transitions} transitions over ${Math.round(load.days)} days,` +
      ` with events, deliveries, rollups and statistics, in ${done.seconds.toFixed(1)} s (${rate} transitions/s)\n`,
  )
}

/** Every two seconds while rows are loaded, and whenever something else is begun. */
function createTeller() {
  let shownAt = 0
  return ({ doing, migrations, transitions, seconds }: Progress) => {
    if (doing === 'rows' && seconds < shownAt + 2) return
    shownAt = seconds
    const rate = Math.round(transitions / seconds)
    const what =
      doing === 'rows'
        ? `${migrations} of ${load.migrations} migrations, ${transitions} transitions, ${rate} transitions/s`
        : `making ${doing}`
    console.error(`${seconds.toFixed(0).padStart(5)} s  ${what}`)
  }
}

async function measureAll(): Promise<void> {
  const limits = { runs: Number(values.runs), limitMs: Number(values['limit-ms']) }
  const isFine = await reportQuestions(client, [...PANELS, ...DASHBOARDS, ...LISTS], limits)
  if (!isFine) process.exitCode = 1
  const { writes, close } = await openWrites(place.url)
  try {
    await reportWrites(writes, limits.runs)
  } finally {
    await close()
  }
}

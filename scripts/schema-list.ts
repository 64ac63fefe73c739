import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'

import { createEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { openDb } from '../src/store/db.ts'
import { applySchemaChanges } from '../src/store/schema-changes.ts'
import { listSchemaObjects } from '../src/store/schema-objects.ts'

// Writes migrations-sql/objects.json, which doctor compares databases with.
// usage: npm run schema:list
const dataDir = await mkdtemp(join(tmpdir(), 'landfall-list-'))
// The server may run as another user.
await chmod(dataDir, 0o755)
const log = pino({ level: 'warn' }, pino.destination(2))
const postgres = createEmbeddedPostgres({ dataDir, log })
try {
  await postgres.start()
  await applySchemaChanges(postgres.url())
  const db = openDb({ url: postgres.url(), log, applicationName: 'landfall-list' })
  const objects = await listSchemaObjects(db)
  await db.close()
  const lines = objects.map((object) => `  ${JSON.stringify(object)}`)
  await writeFile(new URL('../migrations-sql/objects.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`)
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import { pino } from 'pino'

import { createEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { applySchemaChanges } from '../src/store/schema-changes.ts'
import { describeReporting } from './reporting-docs.ts'
import { readReportingSchema } from './reporting-schema.ts'

// Writes docs/reporting.md from the comments in the database that the schema changes make.
// usage: npm run docs:reporting
const dataDir = await mkdtemp(join(tmpdir(), 'landfall-docs-'))
// The server may run as another user.
await chmod(dataDir, 0o755)
const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }, pino.destination(2)) })
try {
  await postgres.start()
  await applySchemaChanges(postgres.url())
  const client = new pg.Client({ connectionString: postgres.url() })
  await client.connect()
  const schema = await readReportingSchema(client)
  await client.end()
  await writeFile(new URL('../docs/reporting.md', import.meta.url), describeReporting(schema))
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}

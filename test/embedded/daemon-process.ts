import pino from 'pino'
import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'

// A daemon with nothing but its database: prints the url, and stops in order on SIGTERM.
const [dataDir = ''] = process.argv.slice(2)
const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
process.once('SIGTERM', () => void postgres.stop())
try {
  await postgres.start()
  console.log(postgres.url())
} catch (err) {
  console.error((err as Error).message)
  process.exitCode = 1
}

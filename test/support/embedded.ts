import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import type { TestService } from './services.ts'

export async function startEmbeddedPostgres(): Promise<TestService> {
  const dataDir = await createEnterableTempDir('landfall-test-')
  const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) })
  await postgres.start()
  await stopSyncing(postgres.url())
  const stop = async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: postgres.url(), source: 'embedded', stop }
}

/** Nothing here outlives the run, and the end of each test drops a database, which writes all there is to the disk. */
async function stopSyncing(url: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query('alter system set fsync = off')
    await client.query('alter system set full_page_writes = off')
    await client.query('select pg_reload_conf()')
  } finally {
    await client.end()
  }
}

/** One that the account of the server can enter; `mkdtemp` alone makes one for its owner only. */
export async function createEnterableTempDir(prefix: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), prefix))
  await chmod(dir, 0o755)
  return dir
}

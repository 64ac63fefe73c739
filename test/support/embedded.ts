import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import type { TestService } from './services.ts'

export async function startEmbeddedPostgres(): Promise<TestService> {
  const dataDir = await createEnterableTempDir('landfall-test-')
  const postgres = createEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) })
  await postgres.start()
  const stop = async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: postgres.url(), source: 'embedded', stop }
}

/** One that the account of the server can enter; `mkdtemp` alone makes one for its owner only. */
export async function createEnterableTempDir(prefix: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), prefix))
  await chmod(dir, 0o755)
  return dir
}

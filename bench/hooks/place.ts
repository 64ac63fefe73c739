import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'

import type { Config, WebhookConfig } from '../../src/config/config.ts'
import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { createEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { type Db, openDb } from '../../src/store/db.ts'
import { type DaemonChild, startDaemonChild } from '../../test/support/daemon-child.ts'
import { startRedisServer } from '../../test/support/redis-server.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** Everything on this machine: Postgres, Redis or not, a receiver, and a daemon that only delivers. */
export interface Place {
  readonly db: Db
  readonly receiver: Receiver
  /** Starts the daemon with these hooks, named after the paths they call. */
  startDaemon(hooks: readonly string[]): Promise<DaemonChild>
  stop(): Promise<void>
}

export async function createPlace(backend: 'redis' | 'postgres'): Promise<Place> {
  const log = pino({ level: 'error' })
  const dataDir = await mkdtemp(join(tmpdir(), 'landfall-bench-'))
  const postgres = createEmbeddedPostgres({ dataDir, log })
  await postgres.start()
  const redis = backend === 'redis' ? await startRedisServer() : null
  const receiver = await startReceiver()
  const databaseUrl = postgres.url()
  const db = openDb({ url: databaseUrl, log, applicationName: 'bench', maxConnections: 4 })

  return {
    db,
    receiver,
    startDaemon: async (names) => {
      const hooks = names.map((name) => hookTo(receiver, name))
      const child = startDaemonChild(configFor(databaseUrl, redis?.url ?? null, hooks))
      await child.ready
      return child
    },
    stop: async () => {
      receiver.stop()
      await db.close()
      await redis?.stop()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function hookTo({ url, secret }: Receiver, name: string): WebhookConfig {
  const target = { url: `${url}/${name}`, secrets: [secret], format: 'cloudevents' as const }
  return { name, kind: 'webhook', events: EVENT_TYPES, ...target }
}

function configFor(databaseUrl: string, redisUrl: string | null, hooks: readonly WebhookConfig[]): Config {
  return {
    databaseUrl,
    directDatabaseUrl: null,
    redisUrl,
    dataDir: null,
    accounts: [],
    hooks,
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    apiToken: null,
    secretKey: null,
    roles: new Set(['deliver'] as const),
    allowPrivateHooks: true,
    keepMs: { deliveries: null, usage: null },
    logLevel: 'error',
  }
}

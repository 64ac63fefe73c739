import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { applySchemaChanges } from '../../src/store/schema-changes.ts'
import { startContainer } from './containers.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { canStartRedisServer, startRedisServer } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
    /** The name of a database that has the schema and nothing else, to be copied. */
    templateDatabase: string
    redisUrl: string | null
  }
}

/** A server for the whole run, and where it came from. */
export interface TestService {
  readonly url: string
  readonly source: string
  stop(): Promise<void>
}

const HOW_TO_HAVE_REDIS = 'install redis-server, start a container runtime, or set TEST_REDIS_URL'
const { LANDFALL_TEST_SERVICES: forced, TEST_DATABASE_URL, TEST_REDIS_URL, CI } = process.env

/** One Postgres and, where there is a way to one, one Redis for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (forced && forced !== 'embedded' && forced !== 'containers') {
    throw new Error(`LANDFALL_TEST_SERVICES is '${forced}'; it can be 'embedded' or 'containers'`)
  }
  const started: Pick<TestService, 'stop'>[] = []
  const stopAll = async () => {
    for (const service of started.splice(0).reverse()) await service.stop()
  }
  try {
    const postgres = await findPostgres()
    started.push(postgres)
    const version = await askVersion(postgres.url)
    const template = await createTemplate(postgres.url)
    started.push(template)
    const redis = await findRedis()
    if (redis) started.push(redis)
    project.provide('postgresUrl', postgres.url)
    project.provide('templateDatabase', template.name)
    project.provide('redisUrl', redis?.url ?? null)
    console.log(`Test services: Postgres ${version} (${postgres.source}), Redis (${redis?.source ?? 'none'})`)
    if (!redis && CI === 'true') throw new Error(`No Redis, which CI must have: ${HOW_TO_HAVE_REDIS}`)
  } catch (err) {
    await stopAll()
    throw err
  }
  return stopAll
}

async function findPostgres(): Promise<TestService> {
  if (TEST_DATABASE_URL) return existing(TEST_DATABASE_URL, 'TEST_DATABASE_URL')
  const container = await tryContainer({
    image: 'postgres:17',
    port: 5432,
    environment: { POSTGRES_PASSWORD: 'landfall' },
    // Several daemons at a time, each with its pools.
    command: ['postgres', '-c', 'max_connections=200'],
    toUrl: (address) => `postgres://postgres:landfall@${address}/postgres`,
  })
  return container ?? stopSyncing(await startEmbeddedPostgres())
}

/** Nothing in it outlives the run, and the end of each test drops a database, which writes all there is to the disk. */
async function stopSyncing(service: TestService): Promise<TestService> {
  await query(service.url, 'alter system set fsync = off')
  await query(service.url, 'alter system set full_page_writes = off')
  await query(service.url, 'select pg_reload_conf()')
  return service
}

/** Most tests need the schema: a copy of it takes a quarter of the time that its changes take. */
async function createTemplate(serverUrl: string) {
  const name = `template_${randomBytes(8).toString('hex')}`
  await query(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = name
  await applySchemaChanges(url.href)
  const stop = async () => {
    await query(serverUrl, `drop database if exists ${name} with (force)`)
  }
  return { name, stop }
}

async function findRedis(): Promise<TestService | null> {
  if (TEST_REDIS_URL) return existing(TEST_REDIS_URL, 'TEST_REDIS_URL')
  const container = await tryContainer({
    image: 'redis:7',
    port: 6379,
    environment: {},
    toUrl: (address) => `redis://${address}`,
  })
  if (container) return container
  return canStartRedisServer() ? { ...(await startRedisServer()), source: 'redis-server on the PATH' } : null
}

async function tryContainer(options: Parameters<typeof startContainer>[0]): Promise<TestService | null> {
  if (forced === 'embedded') return null
  const outcome = await startContainer(options)
  if (outcome.kind === 'started') return outcome.service
  if (forced) throw new Error(`LANDFALL_TEST_SERVICES=containers, but ${outcome.reason}`, outcome)
  // No runtime is usual; one that does not do its work deserves a line.
  if (outcome.kind === 'failed') console.warn(`Test services: ${outcome.reason}; going on without containers`)
  return null
}

function existing(url: string, source: string): TestService {
  return { url, source, stop: async () => {} }
}

async function askVersion(url: string): Promise<string> {
  const rows = await waitFor(() => query(url, 'show server_version'), {
    what: 'Postgres to accept connections',
    timeoutMs: 30_000,
  })
  return rows[0]?.server_version
}

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'

import type { Config, HookConfig } from './config/config.ts'
import { defaultDataDir } from './embedded/data-dir.ts'
import { createEmbeddedPostgres } from './embedded/postgres.ts'
import { createSenders, type Senders } from './hooks/senders.ts'
import { publicKeysOf } from './hooks/signature.ts'
import { createBell } from './http/bell.ts'
import { createHttpServer } from './http/server.ts'
import { createHandlers, schedulesFor, workersFor } from './jobs.ts'
import { createExposition, type Scrape } from './metrics/exposition.ts'
import { createMeter } from './metrics/meter.ts'
import { createJobQueue, type JobQueueService } from './queue/create-queue.ts'
import { createTelemetry } from './queue/telemetry.ts'
import { createServiceStack, type Service, type ServiceStack } from './runtime/service.ts'
import { createTracing } from './runtime/start-tracing.ts'
import { createVault, type Vault } from './runtime/vault.ts'
import { VERSION } from './runtime/version.ts'
import { countPhases, registerAccount } from './store/accounts.ts'
import { type Db, openDb } from './store/db.ts'
import { DELIVERIES_CHANNEL } from './store/events.ts'
import { loadFacts } from './store/facts.ts'
import { registerHooks } from './store/hooks.ts'
import { listenTo } from './store/notifications.ts'
import { PLANNER_CHANNEL } from './store/planners.ts'
import { applySchemaChanges } from './store/schema-changes.ts'
import { findSchemaTroubles } from './store/schema-objects.ts'
import { HOOKS_CHANNEL } from './store/stored-hooks.ts'
import { waitForDatabase } from './store/wait.ts'
import type { Account } from './work/account.ts'
import { createApiActions } from './work/api-actions.ts'
import type { Deps } from './work/deps.ts'
import { newEventId } from './work/event-id.ts'
import { createHookActions } from './work/hook-actions.ts'
import { createHookRegistry, type HookRegistry, type KnownHook } from './work/hook-registry.ts'
import { openAccount } from './work/open-account.ts'
import { createPlannerSeats } from './work/planner-seats.ts'
import { createRelay } from './work/relay-deliveries.ts'
import { createKeyWatch } from './work/watch-keys.ts'

/** Time for everything under way to end before the process gives up on it. */
const STOP_GRACE_MS = 20_000
const DATABASE_PATIENCE_MS = 60_000
/** Less than a claim lasts: a statement that takes longer has nothing left to do. */
const STATEMENT_MS = 15_000

export interface Daemon {
  readonly databaseUrl: string
  /** Where the API listens; null for a process without the role `serve`. */
  readonly url: string | null
  stop(): Promise<void>
}

/** Starts everything this process is to run, from the database up. Where a part cannot start, the others are stopped. */
export async function startDaemon(
  config: Config,
  log: Logger,
  onFatal: (err: Error) => void,
): Promise<Daemon> {
  const stack = createServiceStack(log, STOP_GRACE_MS + 3_000)
  try {
    return await build(config, log, stack, onFatal)
  } catch (err) {
    await stack.stop()
    throw err
  }
}

async function build(
  config: Config,
  log: Logger,
  stack: ServiceStack,
  onFatal: (err: Error) => void,
): Promise<Daemon> {
  const telemetry = await startTracing(log, stack)
  const databaseUrl = config.databaseUrl ?? (await startEmbedded(config, log, stack, onFatal))
  const sessionUrl = config.directDatabaseUrl ?? databaseUrl
  const accounts = new Map(config.accounts.map((account) => [account.name, openAccount(account)]))
  const db = await openStore({ config, log, stack, accounts: [...accounts.values()] }, databaseUrl)
  await stack.add(
    closing(
      'providers',
      [...accounts.values()].map(({ provider }) => provider),
    ),
  )
  const senders = createSenders({
    allowPrivate: config.allowPrivateHooks,
    defaultLink: `${pageUrl(config)}/#/migrations/{account}/{migration_id}`,
    countPhases: (account) => countPhases(db, account),
    addJob: (name, job) => queue.addOutwardJob(name, job),
  })
  await stack.add(closing('hooks', [senders]))

  const seats = createPlannerSeats(randomUUID(), Math.random)
  const meter = createMeter({ accounts: [...accounts.keys()], hooks: config.hooks.map(({ name }) => name) })
  const deps: Deps = { db, log, meter, accounts, seats, random: Math.random, newEventId }
  await stack.add(createKeyWatch(deps))
  const vault = config.secretKey === null ? null : createVault(config.secretKey)
  const configured = config.hooks.map((hook) => openHook(senders, hook))
  const registry = createHookRegistry({ db, log, vault, configured, send: senders.send })
  const { hooks } = registry
  const relay = createRelay({
    db,
    log,
    hooks: () => [...hooks.keys()],
    enqueue: (claims) => queue.addDeliveries(claims),
  })
  const handlers = createHandlers(config, deps, hooks, relay, () => queue)
  const noteFailedPlan = (err: unknown) => log.warn({ err }, 'plan.failed')
  const queue: JobQueueService = createJobQueue({
    redisUrl: config.redisUrl,
    databaseUrl: sessionUrl,
    handlers,
    concurrency: workersFor(config),
    log,
    graceMs: STOP_GRACE_MS,
    telemetry,
  })
  await stack.add(queue)
  if (config.roles.has('plan')) {
    await queue.setSchedules(schedulesFor(config, accounts))
    // A tick that another process took, and could not make use of.
    const planHere = async (name: string) => {
      if (seats.has(name)) await handlers.plan?.(name)
    }
    await stack.add(
      listenTo(sessionUrl, PLANNER_CHANNEL, (name) => void planHere(name).catch(noteFailedPlan), log),
    )
  }
  if (config.roles.has('deliver') || config.roles.has('serve')) {
    await stack.add(registry)
    await stack.add(listenTo(sessionUrl, HOOKS_CHANNEL, () => void registry.reload(), log))
  }
  if (config.roles.has('deliver')) {
    await stack.add(relay)
    await stack.add(listenTo(sessionUrl, DELIVERIES_CHANNEL, relay.wake, log))
  }
  const url = config.roles.has('serve')
    ? await serve({ config, deps, stack, sessionUrl, registry, vault, queue })
    : null
  return { databaseUrl: sessionUrl, url, stop: () => stack.stop() }
}

/** Without a slash at the end. */
function pageUrl({ publicUrl, host, port }: Config): string {
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Before all else, so that it ends last. What BullMQ needs to take part; null where nothing is traced. */
async function startTracing(log: Logger, stack: ServiceStack) {
  const tracing = await createTracing(log)
  if (tracing === null) return null
  await stack.add(tracing)
  return createTelemetry()
}

async function startEmbedded(
  config: Config,
  log: Logger,
  stack: ServiceStack,
  onGiveUp: (err: Error) => void,
): Promise<string> {
  const dataDir = config.dataDir ?? defaultDataDir()
  const postgres = await stack.add(createEmbeddedPostgres({ dataDir, log, onGiveUp }))
  return postgres.url()
}

interface StoreParts {
  readonly config: Config
  readonly log: Logger
  readonly stack: ServiceStack
  readonly accounts: readonly Account[]
}

async function openStore({ config, log, stack, accounts }: StoreParts, databaseUrl: string): Promise<Db> {
  const directUrl = config.directDatabaseUrl ?? databaseUrl
  for (const url of new Set([databaseUrl, directUrl])) await waitForDatabase(url, DATABASE_PATIENCE_MS, log)
  const changes = await applySchemaChanges(directUrl)
  log.info(changes, 'schema.ready')
  const db = openDb({
    url: databaseUrl,
    directUrl,
    log,
    applicationName: 'landfall',
    statementMs: STATEMENT_MS,
    // Hosted databases allow few; docs/operating.md says how many a process takes.
    maxConnections: config.redisUrl === null ? 5 : 8,
  })
  await stack.add(closing('database', [db]))
  const troubles = await findSchemaTroubles(db)
  if (troubles.length > 0) log.error({ troubles: troubles.slice(0, 20) }, 'schema.damaged')
  for (const { name, policy, provider } of accounts) {
    await registerAccount(db, {
      name,
      policy,
      provider: provider.kind,
      isListed: provider.list !== undefined,
    })
  }
  await registerHooks(db, config.hooks)
  return db
}

function openHook(senders: Senders, hook: HookConfig): KnownHook {
  const keys = hook.kind === 'webhook' ? publicKeysOf(hook.secrets) : []
  return { ...senders.open(hook), publicKeys: () => keys }
}

/** Facts of the database, and what this process counts and expects. */
function scrapeOf({ db, log, meter, seats, accounts }: Deps, queue: JobQueueService): Scrape {
  const metered = [...accounts.values()]
  const countIn = async (name: 'requests' | 'deliveries') => ({
    queue: name,
    jobs: await queue.waiting(name),
  })
  return createExposition({
    registry: meter.registry,
    accounts: metered,
    loadFacts: () => loadFacts(db, metered),
    countWaiting: () => Promise.all([countIn('requests'), countIn('deliveries')]),
    expectLags: seats.expectLags,
    log,
  })
}

interface ServeParts {
  readonly config: Config
  readonly deps: Deps
  readonly stack: ServiceStack
  readonly sessionUrl: string
  readonly registry: HookRegistry
  readonly vault: Vault | null
  readonly queue: JobQueueService
}

async function serve(parts: ServeParts): Promise<string> {
  const { config, deps, stack, sessionUrl, registry, vault, queue } = parts
  const { db, log } = deps
  const { host, port, publicUrl, apiToken } = config
  const accounts = config.accounts.map((account) => account.name)
  const bell = createBell()
  const rates = new Map(config.accounts.map((account) => [account.name, account]))
  const configured = new Set(config.hooks.map(({ name }) => name))
  const stored = { db, vault, configured, allowPrivate: config.allowPrivateHooks }
  const hookActions = createHookActions(stored, registry)
  const options = {
    host,
    port,
    publicUrl,
    apiToken,
    log,
    db,
    bell,
    accounts,
    rates,
    version: VERSION,
    ...createApiActions(deps, ingestSecretsOf(config)),
    hookActions,
    scrape: scrapeOf(deps, queue),
    boardQueues: queue.boardQueues,
  }
  const server = await stack.add(createHttpServer(options))
  await stack.add(listenTo(sessionUrl, DELIVERIES_CHANNEL, bell.ring, log))
  return server.url()
}

function ingestSecretsOf({ accounts }: Config): ReadonlyMap<string, readonly string[]> {
  return new Map(
    accounts.flatMap(({ name, ingestSecrets }) => (ingestSecrets ? [[name, ingestSecrets]] : [])),
  )
}

/** Something that needs no start, only an end. */
function closing(name: string, parts: readonly { close(): Promise<void> }[]): Service {
  const stop = async () => void (await Promise.all(parts.map((part) => part.close())))
  return { name, start: async () => {}, stop }
}

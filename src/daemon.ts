import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'

import type { AccountConfig, Config, HookConfig } from './config/config.ts'
import { defaultDataDir } from './embedded/data-dir.ts'
import { createEmbeddedPostgres } from './embedded/postgres.ts'
import { createSenders, type Senders } from './hooks/senders.ts'
import { publicKeysOf } from './hooks/signature.ts'
import { createBell } from './http/bell.ts'
import { createHttpServer } from './http/server.ts'
import { createProvider } from './providers/registry.ts'
import { createJobQueue, type JobQueueService } from './queue/create-queue.ts'
import type { JobHandlers, RequestJob, Schedule } from './queue/queue.ts'
import { createServiceStack, type Service, type ServiceStack } from './runtime/service.ts'
import { createVault, type Vault } from './runtime/vault.ts'
import { VERSION } from './runtime/version.ts'
import { countPhases, registerAccount } from './store/accounts.ts'
import { type Db, openDb } from './store/db.ts'
import { ATTEMPTS_PER_HOOK } from './store/deliveries.ts'
import { DELIVERIES_CHANNEL } from './store/events.ts'
import { registerHooks } from './store/hooks.ts'
import { listenTo } from './store/notifications.ts'
import { PLANNER_CHANNEL, ringPlanner } from './store/planners.ts'
import { applySchemaChanges } from './store/schema-changes.ts'
import { HOOKS_CHANNEL, STORED_HOOKS_AT_MOST } from './store/stored-hooks.ts'
import type { Identity } from './store/views.ts'
import { waitForDatabase } from './store/wait.ts'
import { requestSweep } from './store/walks.ts'
import { type Account, pollsAtOnce } from './work/account.ts'
import { deliverEvent, type Hook } from './work/deliver-event.ts'
import type { Deps } from './work/deps.ts'
import { newEventId } from './work/event-id.ts'
import { explainReading, toReadingJson } from './work/explain-reading.ts'
import { foretellLag, toPlanJson } from './work/foretell-lag.ts'
import { createHookActions } from './work/hook-actions.ts'
import { createHookRegistry, type HookRegistry, type KnownHook } from './work/hook-registry.ts'
import { planRequests } from './work/plan-requests.ts'
import type { PlannedRequests } from './work/planned-requests.ts'
import { createPlannerSeats } from './work/planner-seats.ts'
import { pollMigration } from './work/poll-migration.ts'
import { readChosenPage } from './work/read-chosen-page.ts'
import { createRelay, type Relay } from './work/relay-deliveries.ts'
import { tellOverdue } from './work/tell-overdue.ts'
import { walkOn } from './work/walk-on.ts'

/** Time for everything under way to end before the process gives up on it. */
const STOP_GRACE_MS = 20_000
const DATABASE_PATIENCE_MS = 60_000
/** Less than a claim lasts: a statement that takes longer has nothing left to do. */
const STATEMENT_MS = 15_000
/** A sweep that is asked for again within this share of its interval is an echo, as after a restart. */
const SWEEP_ECHO = 0.5
const OVERDUE_EVERY_MS = 5_000

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
  const databaseUrl = config.databaseUrl ?? (await startEmbedded(config, log, stack, onFatal))
  const db = await openStore(config, log, stack, databaseUrl)

  const accounts = new Map(config.accounts.map((account) => [account.name, openAccount(account)]))
  await stack.add(
    closing(
      'providers',
      [...accounts.values()].map(({ provider }) => provider),
    ),
  )
  const senders = createSenders({
    allowPrivate: config.allowPrivateHooks,
    defaultLink: `http://${config.host}:${config.port}/#/migrations/{account}/{migration_id}`,
    countPhases: (account) => countPhases(db, account),
    addJob: (name, job) => queue.addOutwardJob(name, job),
  })
  await stack.add(closing('hooks', [senders]))

  const seats = createPlannerSeats(randomUUID(), Math.random)
  const deps: Deps = { db, log, accounts, seats, random: Math.random, newEventId }
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
  const { redisUrl } = config
  const queue: JobQueueService = createJobQueue({
    redisUrl,
    databaseUrl,
    handlers,
    concurrency: workersFor(config),
    log,
    graceMs: STOP_GRACE_MS,
  })
  await stack.add(queue)
  if (config.roles.has('plan')) {
    await queue.setSchedules(schedulesFor(config))
    // A tick that another process took, and could not make use of.
    const planHere = async (name: string) => {
      if (seats.has(name)) await handlers.plan?.(name)
    }
    await stack.add(
      listenTo(databaseUrl, PLANNER_CHANNEL, (name) => void planHere(name).catch(noteFailedPlan), log),
    )
  }
  if (config.roles.has('deliver') || config.roles.has('serve')) {
    await stack.add(registry)
    await stack.add(listenTo(databaseUrl, HOOKS_CHANNEL, () => void registry.reload(), log))
  }
  if (config.roles.has('deliver')) {
    await stack.add(relay)
    await stack.add(listenTo(databaseUrl, DELIVERIES_CHANNEL, relay.wake, log))
  }
  const url = config.roles.has('serve')
    ? await serve({ config, log, stack, db, databaseUrl, registry, vault })
    : null
  return { databaseUrl, url, stop: () => stack.stop() }
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

async function openStore(config: Config, log: Logger, stack: ServiceStack, databaseUrl: string): Promise<Db> {
  await waitForDatabase(databaseUrl, DATABASE_PATIENCE_MS, log)
  const changes = await applySchemaChanges(databaseUrl)
  log.info(changes, 'schema.ready')
  const db = openDb({ url: databaseUrl, log, applicationName: 'landfall', statementMs: STATEMENT_MS })
  await stack.add(closing('database', [db]))
  for (const account of config.accounts) await registerAccount(db, account)
  await registerHooks(db, config.hooks)
  return db
}

function openAccount(config: AccountConfig): Account {
  const {
    name,
    provider,
    apiKey,
    baseUrl,
    statusMap,
    requestsPerSecond,
    burst,
    pageSize,
    sweepEveryMs,
    policy,
    lagGoalMs,
    baseline,
  } = config
  return {
    name,
    provider: createProvider(provider, { apiKey, baseUrl, statusMap }),
    rate: { requestsPerSecond, burst },
    pageSize,
    sweepEveryMs,
    policy,
    lagGoalMs,
    baseline,
  }
}

function openHook(senders: Senders, hook: HookConfig): KnownHook {
  const keys = hook.kind === 'webhook' ? publicKeysOf(hook.secrets) : []
  return { ...senders.open(hook), publicKeys: () => keys }
}

function jobsFor(account: string, { walks, pages, polls }: PlannedRequests): RequestJob[] {
  const nowMs = Date.now()
  return [
    ...walks.map((walk): RequestJob => ({ ...walk, key: account })),
    ...pages.map((page): RequestJob => ({ kind: 'page', account, key: String(page), claim: nowMs })),
    ...polls.map((poll): RequestJob => ({ ...poll, kind: 'get', account })),
  ]
}

function createHandlers(
  config: Config,
  deps: Deps,
  hooks: ReadonlyMap<string, Hook>,
  relay: Relay,
  queue: () => JobQueueService,
): JobHandlers {
  async function plan(name: string): Promise<void> {
    const account = deps.accounts.get(name)
    // What is claimed while it cannot be handed over would only wait for its claim to end.
    if (account === undefined || !queue().isConnected()) return
    const planned = await planRequests(deps, account)
    if (planned === null) return ringPlanner(deps.db, name)
    try {
      await queue().addRequests(jobsFor(name, planned))
    } catch (err) {
      // Nothing is lost: the claims end by themselves, and a later tick gives them out again.
      deps.log.debug({ err, account: name }, 'requests.not_queued')
    }
  }

  async function sweep(name: string): Promise<void> {
    const account = deps.accounts.get(name)
    if (account !== undefined) await requestSweep(deps.db, name, account.sweepEveryMs * SWEEP_ECHO)
  }

  async function overdue(name: string): Promise<void> {
    const account = deps.accounts.get(name)
    const limits = config.accounts.find((one) => one.name === name)?.overdueAfterMs
    if (account !== undefined && limits !== undefined) await tellOverdue(deps, account, limits)
  }

  async function request(job: RequestJob, signal: AbortSignal): Promise<void> {
    const account = deps.accounts.get(job.account)
    if (account === undefined) return
    if (job.kind === 'get') return pollMigration(deps, account, job, signal)
    const goesOn =
      job.kind === 'page'
        ? await readChosenPage(deps, account, Number(job.key), signal)
        : await walkOn(deps, account, { account: job.account, kind: job.kind, claim: job.claim }, signal)
    // The next page need not wait for the next tick.
    if (goesOn) await (has('plan') ? plan(job.account) : ringPlanner(deps.db, job.account))
  }

  const { db, log, random, newEventId } = deps
  const has = (role: 'plan' | 'poll' | 'deliver') => config.roles.has(role)
  return {
    ...(has('plan') ? { plan, sweep, overdue } : {}),
    ...(has('poll') ? { request } : {}),
    ...(has('deliver')
      ? {
          deliver: (job, signal) =>
            deliverEvent({ db, log, hooks, random, newEventId }, job, signal).finally(relay.wake),
        }
      : {}),
  }
}

/** Enough that accounts whose providers hang, and hooks whose receivers do, leave the others theirs. */
function workersFor({ accounts, hooks }: Config): { requests: number; deliveries: number } {
  const walks = 2
  const requests = accounts.reduce((sum, account) => sum + pollsAtOnce(account) + walks, 0)
  return {
    requests: Math.max(1, requests),
    deliveries: ATTEMPTS_PER_HOOK * (hooks.length + STORED_HOOKS_AT_MOST),
  }
}

/** Ticks come often enough that a full bucket never runs over between two of them. */
function schedulesFor(config: Config): Schedule[] {
  return config.accounts.flatMap((account) => {
    const { name, burst, requestsPerSecond, sweepEveryMs } = account
    const everyMs = Math.round(Math.min(1000, Math.max(100, (500 * burst) / requestsPerSecond)))
    const hasLimits = Object.keys(account.overdueAfterMs).length > 0
    return [
      { account: name, task: 'plan' as const, everyMs },
      { account: name, task: 'sweep' as const, everyMs: sweepEveryMs },
      ...(hasLimits ? [{ account: name, task: 'overdue' as const, everyMs: OVERDUE_EVERY_MS }] : []),
    ]
  })
}

interface ServeParts {
  readonly config: Config
  readonly log: Logger
  readonly stack: ServiceStack
  readonly db: Db
  readonly databaseUrl: string
  readonly registry: HookRegistry
  readonly vault: Vault | null
}

async function serve({ config, log, stack, db, databaseUrl, registry, vault }: ServeParts): Promise<string> {
  const { host, port, apiToken } = config
  const accounts = config.accounts.map((account) => account.name)
  const bell = createBell()
  const outlook = {
    foretell: async (account: string) => {
      const foretold = await foretellLag(db, account)
      return foretold && toPlanJson(foretold)
    },
    explain: async (migration: Identity) => toReadingJson(await explainReading(db, migration)),
  }
  const stored = { db, vault, configured: new Set(config.hooks.map(({ name }) => name)) }
  const hookActions = createHookActions(stored, registry)
  const options = { host, port, apiToken, log, db, bell, accounts, version: VERSION, ...outlook, hookActions }
  const server = await stack.add(createHttpServer(options))
  await stack.add(listenTo(databaseUrl, DELIVERIES_CHANNEL, bell.ring, log))
  return server.url()
}

/** Something that needs no start, only an end. */
function closing(name: string, parts: readonly { close(): Promise<void> }[]): Service {
  const stop = async () => void (await Promise.all(parts.map((part) => part.close())))
  return { name, start: async () => {}, stop }
}

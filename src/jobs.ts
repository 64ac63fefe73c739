import type { Config } from './config/config.ts'
import type { JobQueueService } from './queue/create-queue.ts'
import type { JobHandlers, RequestJob, Schedule } from './queue/queue.ts'
import { ATTEMPTS_PER_HOOK } from './store/deliveries.ts'
import { ringPlanner } from './store/planners.ts'
import { STORED_HOOKS_AT_MOST } from './store/stored-hooks.ts'
import { requestSweep } from './store/walks.ts'
import { pollsAtOnce } from './work/account.ts'
import { applyRetention } from './work/apply-retention.ts'
import { continueCreation } from './work/create-migration.ts'
import { deliverEvent, type Hook } from './work/deliver-event.ts'
import type { Deps } from './work/deps.ts'
import { planRequests } from './work/plan-requests.ts'
import type { PlannedRequests } from './work/planned-requests.ts'
import { pollMigration } from './work/poll-migration.ts'
import { readChosenPage } from './work/read-chosen-page.ts'
import type { Relay } from './work/relay-deliveries.ts'
import { tellOverdue } from './work/tell-overdue.ts'
import { walkOn } from './work/walk-on.ts'

/** A sweep that is asked for again within this share of its interval is an echo, as after a restart. */
const SWEEP_ECHO = 0.5
const OVERDUE_EVERY_MS = 15_000
const RETENTION_EVERY_MS = 600_000

function jobsFor(account: string, { walks, pages, polls, creations }: PlannedRequests): RequestJob[] {
  const nowMs = Date.now()
  return [
    ...walks.map((walk): RequestJob => ({ ...walk, key: account })),
    ...pages.map((page): RequestJob => ({ kind: 'page', account, key: String(page), claim: nowMs })),
    ...creations.map((one): RequestJob => ({ ...one, kind: 'create', account })),
    ...polls.map((poll): RequestJob => ({ ...poll, kind: 'get', account })),
  ]
}

/** What this process does with jobs, by its roles. */
export function createHandlers(
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
    const limits = config.accounts.find((one) => one.name === name)?.overdueAfter
    if (account !== undefined && limits !== undefined) await tellOverdue(deps, account, limits)
  }

  async function retention(): Promise<void> {
    await applyRetention(deps, config.keepMs)
  }

  async function request(job: RequestJob, signal: AbortSignal): Promise<void> {
    const account = deps.accounts.get(job.account)
    if (account === undefined) return
    if (job.kind === 'get') return pollMigration(deps, account, job, signal)
    if (job.kind === 'create') return void (await continueCreation(deps, account, job, signal))
    const goesOn =
      job.kind === 'page'
        ? await readChosenPage(deps, account, Number(job.key), signal)
        : await walkOn(deps, account, { account: job.account, kind: job.kind, claim: job.claim }, signal)
    // The next page need not wait for the next tick.
    if (goesOn) await (has('plan') ? plan(job.account) : ringPlanner(deps.db, job.account))
  }

  const { db, log, meter, random, newEventId } = deps
  const has = (role: 'plan' | 'poll' | 'deliver') => config.roles.has(role)
  return {
    ...(has('plan') ? { plan, sweep, overdue, retention } : {}),
    ...(has('poll') ? { request } : {}),
    ...(has('deliver')
      ? {
          deliver: (job, signal) =>
            deliverEvent({ db, log, meter, hooks, random, newEventId }, job, signal).finally(relay.wake),
        }
      : {}),
  }
}

/** Enough that accounts whose providers hang, and hooks whose receivers do, leave the others theirs. */
export function workersFor({ accounts, hooks }: Config): { requests: number; deliveries: number } {
  const walks = 2
  // What the planner chose, and what is urgent, are counted apart.
  const requests = accounts.reduce((sum, account) => sum + 2 * pollsAtOnce(account) + walks, 0)
  return {
    requests: Math.max(1, requests),
    deliveries: ATTEMPTS_PER_HOOK * (hooks.length + STORED_HOOKS_AT_MOST),
  }
}

/** Ticks come often enough that a full bucket never runs over between two of them. */
export function schedulesFor(config: Config, accounts: Deps['accounts']): Schedule[] {
  const perAccount = config.accounts.flatMap((account): Schedule[] => {
    const { name, burst, requestsPerSecond, sweepEveryMs } = account
    const everyMs = Math.round(Math.min(1000, Math.max(100, (500 * burst) / requestsPerSecond)))
    const isListed = accounts.get(name)?.provider.list !== undefined
    return [
      { account: name, task: 'plan', everyMs },
      ...(isListed ? [{ account: name, task: 'sweep' as const, everyMs: sweepEveryMs }] : []),
      { account: name, task: 'overdue', everyMs: OVERDUE_EVERY_MS },
    ]
  })
  return [...perAccount, { account: null, task: 'retention', everyMs: RETENTION_EVERY_MS }]
}

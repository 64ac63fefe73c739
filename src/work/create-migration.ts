import { retryAfterFailureMs } from '../domain/cadence.ts'
import type { Created, Creating, CreationRequest, Outcome, Refused } from '../providers/provider.ts'
import { spendToken } from '../store/budgets.ts'
import {
  type ClaimedCreation,
  type CreationClaim,
  claimCreation,
  endCreation,
  findCandidates,
  intendCreation,
  markCreated,
  markSent,
  postponeCreation,
  startCreation,
} from '../store/creations.ts'
import { inTransaction } from '../store/db.ts'
import { requestLook } from '../store/walks.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'
import { recordObservations } from './record-observations.ts'
import { tellPlanner } from './tell-planner.ts'

export interface CreationOrder {
  /** Whatever else is asked for under it, there is one migration. */
  readonly externalId: string
  readonly request: CreationRequest
}

/** What came of it, for whoever asked. */
export type Creation =
  | { readonly kind: 'created'; readonly migrationId: string; readonly isNew: boolean }
  /** Not yet; running daemons go on with it, and so does whoever asks again. */
  | { readonly kind: 'pending'; readonly reason: string }
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly why: Refused['why'] | 'unable' | 'other_request'
    }
  /** Perhaps made, perhaps not; not asked for again, as that might make a second one. `candidates` may be it. */
  | { readonly kind: 'lost'; readonly reason: string; readonly candidates: readonly string[] }

type CreateDeps = Pick<Deps, 'db' | 'log' | 'random' | 'newEventId'>

const LONGEST_WAIT_MS = 3_600_000
const NO_BUDGET_WAIT_MS = 2_000
const NEW_KEY_WAIT_MS = 500

/** Makes a migration at the provider: one, however often this is asked, and wherever it stops. */
export async function createMigration(
  deps: CreateDeps,
  account: Account,
  { externalId, request }: CreationOrder,
  signal: AbortSignal,
): Promise<Creation> {
  if (account.provider.create === undefined)
    return {
      kind: 'refused',
      why: 'unable',
      reason: `at ${account.provider.kind} migrations begin elsewhere`,
    }
  const { key, ...stored } = await intendCreation(deps.db, { account: account.name, externalId, request })
  if (!stored.isSame) {
    const reason = `external_id ${externalId} stands for another request; choose another one`
    return { kind: 'refused', why: 'other_request', reason }
  }
  if (stored.migrationId !== null) return { kind: 'created', migrationId: stored.migrationId, isNew: false }
  if (stored.state === 'lost') return lost(deps, key, stored.reason ?? '')
  const claim = await claimCreation(deps.db, key)
  if (claim === null) return { kind: 'pending', reason: 'another process is at it' }
  return continueCreation(deps, account, claim, signal)
}

/** Goes on with a creation that was claimed. */
export async function continueCreation(
  deps: CreateDeps,
  account: Account,
  claim: CreationClaim,
  signal: AbortSignal,
): Promise<Creation> {
  const { create } = account.provider
  const claimed = await startCreation(deps.db, claim)
  if (claimed === null || create === undefined) return { kind: 'pending', reason: 'another process is at it' }
  // Whoever had it before may have sent it, and did not live to tell.
  if (claimed.state === 'sent' && !create.isRepeatable)
    return giveUp(deps, account, claim, 'the process ended while it was sent')
  const spending = await spendToken(deps.db, account.name, 'get', account.rate)
  if (spending.kind === 'refused')
    return postpone(deps, claim, {
      state: claimed.state,
      reason: 'the budget is used up',
      waitMs: NO_BUDGET_WAIT_MS,
    })
  if (!(await markSent(deps.db, claim))) return { kind: 'pending', reason: 'another process is at it' }
  const used = account.key?.current() ?? ''
  const sentMs = performance.now()
  const outcome = await create.send(claimed.request, claimed.externalId, signal)
  const receivedAt = new Date(spending.at.getTime() + performance.now() - sentMs)
  if (outcome.kind === 'done')
    return recordCreated(deps, account, claim, { ...outcome.value, requestedAt: spending.at, receivedAt })
  const isRenewed =
    outcome.kind === 'refused' && outcome.why === 'unauthorized' && (await account.key?.renew(used)) === true
  if (isRenewed)
    return postpone(deps, claim, {
      state: 'intended',
      reason: 'the key has changed',
      waitMs: NEW_KEY_WAIT_MS,
    })
  deps.log.warn({ account: account.name, externalId: claimed.externalId, ...outcome }, 'creation.failed')
  return settleFailure(deps, account, claim, { claimed, outcome, create })
}

interface Failed {
  readonly claimed: ClaimedCreation
  readonly outcome: Exclude<Outcome<never>, { kind: 'done' }>
  readonly create: Creating
}

async function settleFailure(
  deps: CreateDeps,
  account: Account,
  claim: CreationClaim,
  { claimed, outcome, create }: Failed,
): Promise<Creation> {
  const waitMs = retryAfterFailureMs(claimed.attempts + 1, deps.random())
  if (outcome.kind === 'not_sent')
    return postpone(deps, claim, { state: 'intended', reason: outcome.reason, waitMs })
  if (outcome.kind === 'lost') {
    if (!create.isRepeatable) return giveUp(deps, account, claim, outcome.reason)
    return postpone(deps, claim, { state: 'sent', reason: outcome.reason, waitMs })
  }
  const { why, statusCode, message, retryAfterMs } = outcome
  const reason = `${account.provider.kind} answered ${statusCode}: ${message}`
  if (why === 'throttled' || why === 'busy') {
    const askedMs = Math.min(LONGEST_WAIT_MS, retryAfterMs ?? waitMs)
    return postpone(deps, claim, { state: 'intended', reason, waitMs: askedMs })
  }
  await endCreation(deps.db, claim, 'refused', reason)
  return { kind: 'refused', why, reason }
}

type Postponed = Parameters<typeof postponeCreation>[2]

async function postpone(
  deps: CreateDeps,
  claim: CreationClaim,
  { state, ...rest }: Omit<Postponed, 'state'> & Pick<ClaimedCreation, 'state'>,
): Promise<Creation> {
  await postponeCreation(deps.db, claim, { ...rest, state: state === 'sent' ? 'sent' : 'intended' })
  return { kind: 'pending', reason: rest.reason }
}

/** The list will show it, if it was made. */
async function giveUp(
  deps: CreateDeps,
  account: Account,
  claim: CreationClaim,
  why: string,
): Promise<Creation> {
  const reason = `${why}; whether the migration was made is not known, so it is not asked for again`
  await endCreation(deps.db, claim, 'lost', reason)
  await requestLook(deps.db, account.name)
  return lost(deps, claim.key, reason)
}

async function lost(deps: CreateDeps, key: string, reason: string): Promise<Creation> {
  return { kind: 'lost', reason, candidates: await findCandidates(deps.db, key) }
}

interface Received extends Created {
  readonly requestedAt: Date
  readonly receivedAt: Date
}

async function recordCreated(
  deps: CreateDeps,
  account: Account,
  claim: CreationClaim,
  { reading, isNew, requestedAt, receivedAt }: Received,
): Promise<Creation> {
  const { migrationId } = reading
  await inTransaction(deps.db, async (tx) => {
    const seen = { ...reading, via: 'get' as const, requestedAt, receivedAt }
    const { believed } = await recordObservations(deps, tx, account, [seen])
    const row = believed[0] ?? null
    await tellPlanner(tx, account, { kind: 'get', atMs: requestedAt.getTime(), id: migrationId, row })
    await markCreated(tx, claim, migrationId)
  })
  deps.log.info({ account: account.name, migrationId, isNew }, 'migration.created')
  return { kind: 'created', migrationId, isNew }
}

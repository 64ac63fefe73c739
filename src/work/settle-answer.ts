import { pauseAfterFailuresMs, pauseAfterThrottleMs, probeAfterMs } from '../domain/cadence.ts'
import type { Answer } from '../providers/provider.ts'
import { resumeAccount, suspendAccount } from '../store/accounts.ts'
import { blockBudget, clearFailures, countFailure, countThrottle } from '../store/budgets.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { insertEvents } from '../store/events.ts'
import { halveRate, holdRate, type Throttle } from '../store/pacing.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'

/** What an answer means for its whole account: a pause, a suspension, or the end of either. */
export async function settleAnswer(
  deps: Deps,
  account: Account,
  answer: Answer<unknown>,
  requestedAt: Date,
): Promise<void> {
  switch (answer.kind) {
    case 'ok':
    case 'missing':
      await clearFailures(deps.db, account.name)
      return resume(deps, account, requestedAt)
    case 'throttled':
      return pauseForThrottle(deps, account, answer, requestedAt)
    case 'refused':
      return suspend(deps, account, refusalOf(answer.statusCode), requestedAt)
    case 'unusable':
      return pauseForFailure(deps, account, requestedAt)
    default:
      return answer satisfies never
  }
}

/** A limit gives way to pauses. A refused key does not, even where its answers always say that no requests are left. */
const FORBIDDEN_ENOUGH = 5

type Throttled = Extract<Answer<unknown>, { kind: 'throttled' }>

async function pauseForThrottle(
  deps: Deps,
  account: Account,
  { statusCode, retryAfterMs: askedMs }: Throttled,
  requestedAt: Date,
): Promise<void> {
  // In one transaction, as several such answers may be settled at the same moment.
  const pause = await inTransaction(deps.db, async (tx) => {
    const throttles = await countThrottle(tx, account.name, requestedAt)
    const pauseMs = askedMs ?? pauseAfterThrottleMs(throttles, deps.random())
    const share =
      statusCode === 429 ? await lowerRate(tx, account, throttles, { requestedAt, pauseMs }) : null
    await blockBudget(tx, account.name, pauseMs, account.rate)
    return { pauseMs, throttles, share }
  })
  const { share, ...line } = pause
  deps.log.warn({ account: account.name, askedMs, ...line }, 'account.throttled')
  if (statusCode === 403 && pause.throttles >= FORBIDDEN_ENOUGH) {
    const reason = `the provider answered ${statusCode} after every one of ${pause.throttles} pauses: the key is not accepted`
    await suspend(deps, account, { statusCode, reason }, requestedAt)
  }
  if (share === null) return
  const requestsPerSecond = share * account.rate.requestsPerSecond
  deps.log.warn({ account: account.name, share, requestsPerSecond }, 'account.slowed')
}

/**
 * Only the first refusal of a row speaks of our rate: after a pause nothing has been sent that could be too much. (An
 * overload, 503, never does.) Returns the share that is left, where it is less than before.
 */
async function lowerRate(
  tx: Tx,
  { name }: Account,
  throttles: number,
  throttle: Throttle,
): Promise<number | null> {
  if (throttles <= 1) return halveRate(tx, name, throttle)
  await holdRate(tx, name, throttle)
  return null
}

async function pauseForFailure(deps: Deps, account: Account, requestedAt: Date): Promise<void> {
  const pause = await inTransaction(deps.db, async (tx) => {
    const failures = await countFailure(tx, account.name, requestedAt)
    const pauseMs = pauseAfterFailuresMs(failures, deps.random())
    if (pauseMs > 0) await blockBudget(tx, account.name, pauseMs, account.rate)
    return { pauseMs, failures }
  })
  if (pause.pauseMs > 0) deps.log.warn({ account: account.name, ...pause }, 'account.paused')
}

const refusalOf = (statusCode: number) => ({
  statusCode,
  reason: `the provider answered ${statusCode}: the key is not accepted`,
})

async function suspend(
  deps: Deps,
  account: Account,
  { statusCode, reason }: ReturnType<typeof refusalOf>,
  requestedAt: Date,
): Promise<void> {
  const suspended = await inTransaction(deps.db, async (tx) => {
    const refusal = { reason, requestedAt, probeInMs: probeAfterMs(0) }
    const sequence = await suspendAccount(tx, account.name, refusal)
    if (sequence === null) return false
    const payload = { account: account.name, provider: account.provider.kind, reason }
    await insertEvents(tx, [accountEvent(deps, account, 'account.suspended', sequence, payload)])
    return true
  })
  if (suspended) deps.log.error({ account: account.name, statusCode }, 'account.suspended')
}

async function resume(deps: Deps, account: Account, requestedAt: Date): Promise<void> {
  const resumed = await inTransaction(deps.db, async (tx) => {
    const sequence = await resumeAccount(tx, account.name, requestedAt)
    if (sequence === null) return false
    const payload = { account: account.name, provider: account.provider.kind }
    await insertEvents(tx, [accountEvent(deps, account, 'account.resumed', sequence, payload)])
    return true
  })
  if (resumed) deps.log.info({ account: account.name }, 'account.resumed')
}

type AccountEventType = 'account.suspended' | 'account.resumed' | 'account.baseline_completed'

export function accountEvent(
  deps: Pick<Deps, 'newEventId'>,
  account: Pick<Account, 'name'>,
  type: AccountEventType,
  sequence: number,
  payload: object,
) {
  return {
    id: deps.newEventId(),
    type,
    account: account.name,
    migration: null,
    migrationId: null,
    sequence,
    payload,
  }
}

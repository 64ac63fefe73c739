import { CONFIRM_MISSING_MS, retryAfterFailureMs } from '../domain/cadence.ts'
import { hintReadings } from '../domain/hint.ts'
import type { Reading } from '../domain/reading.ts'
import type { Answer } from '../providers/provider.ts'
import { inSpan } from '../runtime/tracing.ts'
import { inTransaction } from '../store/db.ts'
import { type EventRow, insertEvents } from '../store/events.ts'
import { giveBackCredit } from '../store/hints.ts'
import {
  type ClaimedPoll,
  countMiss,
  endPoll,
  markVanished,
  type PollClaim,
  postponePoll,
  releasePoll,
  startPoll,
  type Vanished,
} from '../store/polls.ts'
import { requestLook } from '../store/walks.ts'
import { type Account, hasList } from './account.ts'
import { applyRateLimitHeaders } from './apply-rate-limit-headers.ts'
import { type Asked, askProvider } from './ask-provider.ts'
import type { Deps } from './deps.ts'
import { recordObservations } from './record-observations.ts'
import { settleAnswer } from './settle-answer.ts'
import { FAILED_WAIT_MS, tellPlanner } from './tell-planner.ts'

type Answered = Extract<Asked<Reading>, { kind: 'answered' }>

/** Asks once for one migration, and records what came of it. */
export async function pollMigration(
  deps: Deps,
  account: Account,
  poll: PollClaim,
  signal: AbortSignal,
): Promise<void> {
  const claimed = await startPoll(deps.db, poll)
  if (claimed === null) return
  deps.meter.pollStarted(account.name, claimed.lateMs)
  const attributes = { 'landfall.account': account.name, 'landfall.migration_id': claimed.migrationId }
  await inSpan('poll', { attributes }, async (span) => {
    const outcome = await pollClaimed(deps, account, poll, claimed, signal)
    span.setAttribute('landfall.outcome', outcome)
  })
}

/** Returns in a word what came of it. */
async function pollClaimed(
  deps: Deps,
  account: Account,
  poll: PollClaim,
  claimed: ClaimedPoll,
  signal: AbortSignal,
): Promise<string> {
  const started = performance.now()
  const asked = await askProvider(
    deps,
    account,
    'get',
    () => account.provider.get(claimed.migrationId, signal, claimed.runId),
    signal,
  )
  if (asked.kind === 'not_sent' || signal.aborted) {
    await tellNothing(deps, account, claimed)
    await releasePoll(deps.db, poll)
    return 'not_sent'
  }

  const answer = await withoutDoubt(deps, account, asked.answer)
  const settle = () => settleAnswer(deps, account, answer, asked.requestedAt)
  // Nobody else is to ask on meanwhile.
  if (answer.kind !== 'ok') await settle()
  const outcome = await settlePoll(deps, account, poll, claimed, { ...asked, answer })
  if (answer.kind === 'ok') await settle()
  await applyRateLimitHeaders(deps, account, asked)
  const durationMs = Math.round(performance.now() - started)
  const line = {
    account: account.name,
    migrationId: claimed.migrationId,
    ...outcome,
    tries: asked.tries,
    durationMs,
  }
  if (answer.kind === 'unusable') deps.log.warn(line, 'poll.failed')
  else if (outcome.outcome === 'unchanged') deps.log.debug(line, 'poll.settled')
  else deps.log.info(line, 'poll.settled')
  return outcome.outcome
}

/** 403 may mean this migration alone. Whether it means the key is for the list to say, and that at once. */
export async function withoutDoubt(
  deps: Deps,
  account: Account,
  answer: Answer<Reading>,
): Promise<Answer<Reading>> {
  if (answer.kind !== 'refused' || answer.statusCode !== 403 || !hasList(account)) return answer
  await requestLook(deps.db, account.name)
  return { kind: 'unusable', reason: 'answered 403', passing: false }
}

interface PollOutcome {
  readonly outcome: string
  readonly [detail: string]: unknown
}

async function settlePoll(
  deps: Deps,
  account: Account,
  poll: PollClaim,
  claimed: ClaimedPoll,
  asked: Answered,
): Promise<PollOutcome> {
  const { answer } = asked
  switch (answer.kind) {
    case 'ok':
      return recordReading(deps, account, poll, { ...asked, ...claimed }, answer.value)
    case 'missing':
      return recordMissing(deps, account, poll, claimed, asked.requestedAt)
    case 'unusable': {
      await tellNothing(deps, account, claimed)
      await postponePoll(deps.db, poll, retryAfterFailureMs(claimed.failures + 1, deps.random()))
      return { outcome: 'unusable', reason: answer.reason, failures: claimed.failures + 1 }
    }
    case 'throttled':
    case 'refused':
      await tellNothing(deps, account, claimed)
      // Still due; the account as a whole now waits.
      await releasePoll(deps.db, poll)
      return { outcome: answer.kind }
    default:
      return answer satisfies never
  }
}

async function recordReading(
  deps: Deps,
  account: Account,
  poll: PollClaim,
  asked: Answered & Pick<ClaimedPoll, 'byHint' | 'hintAgeMs' | 'runId'>,
  reading: Reading,
): Promise<PollOutcome> {
  const { requestedAt, receivedAt, byHint, hintAgeMs, runId } = asked
  const recorded = await inTransaction(deps.db, async (tx) => {
    const seen = { ...reading, via: 'get' as const, requestedAt, receivedAt }
    const result = await recordObservations(deps, tx, account, [seen])
    await tellPlanner(tx, account, {
      kind: 'get',
      atMs: requestedAt.getTime(),
      id: reading.migrationId,
      row: result.believed[0] ?? null,
    })
    await endPoll(tx, poll, runId)
    if (byHint && result.changes.length > 0) await giveBackCredit(tx, account.name, hintReadings(hintAgeMs))
    return result
  })
  deps.meter.changesRecorded(account.name, recorded.changes)
  const [change] = recorded.changes
  if (change !== undefined) return { outcome: 'changed', from: change.from, to: change.to }
  if (recorded.doubtful > 0) return { outcome: 'doubtful' }
  return { outcome: recorded.stale > 0 ? 'stale' : 'unchanged' }
}

/** One 404 may be a hiccup; only several in a row, some time apart, mean that the migration is gone. */
async function recordMissing(
  deps: Deps,
  account: Account,
  poll: PollClaim,
  claimed: ClaimedPoll,
  requestedAt: Date,
): Promise<PollOutcome> {
  const waitMs = CONFIRM_MISSING_MS[claimed.misses]
  if (waitMs !== undefined) {
    await countMiss(deps.db, poll, waitMs)
    await tellNothing(deps, account, claimed)
    return { outcome: 'missing', misses: claimed.misses + 1 }
  }
  await inTransaction(deps.db, async (tx) => {
    const gone = await markVanished(tx, poll)
    await tellPlanner(tx, account, {
      kind: 'get',
      atMs: requestedAt.getTime(),
      id: claimed.migrationId,
      row: null,
    })
    if (gone !== null) await insertEvents(tx, [vanishedEvent(deps, account, claimed.migrationId, gone)])
  })
  return { outcome: 'vanished' }
}

function tellNothing(deps: Deps, account: Account, { migrationId }: ClaimedPoll): Promise<void> {
  return tellPlanner(deps.db, account, {
    kind: 'none',
    request: { kind: 'get', id: migrationId },
    waitMs: FAILED_WAIT_MS,
  })
}

function vanishedEvent(deps: Deps, account: Account, migrationId: string, gone: Vanished): EventRow {
  const { key, events, requested_at, ...known } = gone
  return {
    id: deps.newEventId(),
    type: 'migration.vanished',
    account: account.name,
    migration: BigInt(key),
    migrationId,
    sequence: events,
    payload: {
      account: account.name,
      provider: account.provider.kind,
      migration_id: migrationId,
      ...known,
      previous_status: null,
      not_before: new Date(requested_at).toISOString(),
      not_after: null,
      observed_via: 'get',
    },
  }
}

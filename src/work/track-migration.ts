import { setTimeout as delay } from 'node:timers/promises'

import type { Reading } from '../domain/reading.ts'
import { inSpan } from '../runtime/tracing.ts'
import { loadAccount } from '../store/accounts.ts'
import { inTransaction } from '../store/db.ts'
import { requestPoll } from '../store/request-poll.ts'
import type { Account } from './account.ts'
import { applyRateLimitHeaders } from './apply-rate-limit-headers.ts'
import { type Asked, askProvider } from './ask-provider.ts'
import type { Deps } from './deps.ts'
import { withoutDoubt } from './poll-migration.ts'
import { recordObservations } from './record-observations.ts'
import { settleAnswer } from './settle-answer.ts'
import { tellPlanner } from './tell-planner.ts'

/** What became of the wish to follow a migration. Whoever has no such answer asks again: nothing was promised before. */
export type Tracked =
  | { readonly kind: 'tracked'; readonly isNew: boolean; readonly migration_id: string }
  /** The provider does not know it. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'suspended' }
  /** The budget let no request out in time, or the provider takes none at present. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'unusable'; readonly reason: string }

const PATIENCE_MS = 10_000
/** The bucket may hold a whole token at any moment, not only on a tick. */
const LOOK_EVERY_MS = 200

/** Reads a migration at once that no list has shown yet, and follows it from then on. A known one is read next. */
export async function trackMigration(
  deps: Deps,
  account: Account,
  migrationId: string,
  patienceMs = PATIENCE_MS,
): Promise<Tracked> {
  const attributes = { 'landfall.account': account.name, 'landfall.migration_id': migrationId }
  return inSpan('track', { attributes }, async () => {
    const requested = await requestPoll(deps.db, { account: account.name, migration_id: migrationId })
    if (requested.kind === 'due') return { kind: 'tracked', isNew: false, migration_id: migrationId }
    const state = await loadAccount(deps.db, account.name)
    if (state?.state === 'suspended') return { kind: 'suspended' }
    const signal = AbortSignal.timeout(patienceMs)
    const asked = await askInTime(deps, account, migrationId, signal)
    const outcome = asked === null ? ({ kind: 'busy' } as const) : await settle(deps, account, asked)
    deps.log.info({ account: account.name, migrationId, outcome: outcome.kind }, 'migration.track_asked')
    return outcome
  })
}

type Answered = Extract<Asked<Reading>, { kind: 'answered' }>

/** Within the account's budget like every request; null where that let none out in time. */
async function askInTime(
  deps: Deps,
  account: Account,
  migrationId: string,
  signal: AbortSignal,
): Promise<Answered | null> {
  while (!signal.aborted) {
    const get = () => account.provider.get(migrationId, signal)
    const asked = await askProvider(deps, account, 'get', get, signal)
    if (asked.kind === 'answered') return asked
    await delay(LOOK_EVERY_MS, null, { signal }).catch(() => null)
  }
  return null
}

async function settle(deps: Deps, account: Account, asked: Answered): Promise<Tracked> {
  const answer = await withoutDoubt(deps, account, asked.answer)
  const tracked = answer.kind === 'ok' ? await record(deps, account, asked, answer.value) : null
  await settleAnswer(deps, account, answer, asked.requestedAt)
  await applyRateLimitHeaders(deps, account, asked)
  if (tracked !== null) return tracked
  if (answer.kind === 'missing') return { kind: 'missing' }
  if (answer.kind === 'unusable') return { kind: 'unusable', reason: answer.reason }
  return { kind: answer.kind === 'refused' ? 'suspended' : 'busy' }
}

async function record(
  deps: Deps,
  account: Account,
  { requestedAt, receivedAt }: Answered,
  reading: Reading,
): Promise<Tracked> {
  return inTransaction(deps.db, async (tx) => {
    const seen = { ...reading, via: 'get' as const, requestedAt, receivedAt }
    const { discovered, believed } = await recordObservations(deps, tx, account, [seen])
    const { migrationId: id } = reading
    const row = believed[0] ?? null
    await tellPlanner(tx, account, { kind: 'get', atMs: requestedAt.getTime(), id, row })
    return { kind: 'tracked', isNew: discovered > 0, migration_id: id }
  })
}

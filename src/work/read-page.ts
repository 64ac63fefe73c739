import type { Row } from '../domain/planner/types.ts'
import type { Observation } from '../domain/reading.ts'
import type { Page } from '../providers/provider.ts'
import { inSpan } from '../runtime/tracing.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { type Account, readerOf } from './account.ts'
import { applyRateLimitHeaders } from './apply-rate-limit-headers.ts'
import { type Asked, askProvider } from './ask-provider.ts'
import type { Deps } from './deps.ts'
import { isRejected, judgeFailedPage, type PageVerdict } from './judge-failed-page.ts'
import { type Recorded, recordObservations } from './record-observations.ts'
import { settleAnswer } from './settle-answer.ts'
import { FAILED_WAIT_MS, tellPlanner } from './tell-planner.ts'

/** A page to ask for; `walk` says for whom, for the log. */
export interface PageRequest {
  readonly page: number
  readonly pageSize: number
  readonly walk: 'sweep' | 'look' | null
  /** Times in a row that a walk has asked for it in vain. */
  readonly failures: number
}

/** Runs in the transaction that records a page: `recordRows` records every row of it. */
type RecordPage<T> = (tx: Tx, page: Page, recordRows: () => Promise<Recorded>) => Promise<T>

export type PageOutcome<T> =
  | { readonly kind: 'read'; readonly result: T }
  | { readonly kind: 'not_sent' }
  /** The provider does not give pages of this size; the account now asks for smaller ones. */
  | { readonly kind: 'too_large' }
  /** The provider does not list so far. */
  | { readonly kind: 'too_deep' }
  /** `ill`: the trouble lies with this page, or with the provider, and not with the account. */
  | { readonly kind: 'failed'; readonly ill: boolean }

type Answered = Extract<Asked<Page>, { kind: 'answered' }>

/** The list may become shorter, or the provider list more of it. */
const TOO_DEEP_WAIT_MS = 600_000

const NOT_A_LIST = { kind: 'unusable', reason: 'the list is not there', passing: false } as const

/** Asks for one list page and records every row of it. */
export function readPage<T>(
  deps: Deps,
  account: Account,
  request: PageRequest,
  record: RecordPage<T>,
  signal: AbortSignal,
): Promise<PageOutcome<T>> {
  const attributes = { 'landfall.account': account.name, 'landfall.page': request.page }
  return inSpan('page', { attributes }, async (span) => {
    const outcome = await askAndRecord(deps, account, request, record, signal)
    span.setAttribute('landfall.outcome', outcome.kind)
    return outcome
  })
}

async function askAndRecord<T>(
  deps: Deps,
  account: Account,
  request: PageRequest,
  record: RecordPage<T>,
  signal: AbortSignal,
): Promise<PageOutcome<T>> {
  const started = performance.now()
  const list = readerOf(account)
  const ask = () => list(request.page, request.pageSize, signal)
  const asked = await askProvider(deps, account, 'list', ask, signal)
  if (asked.kind === 'not_sent' || signal.aborted) {
    await tellNothing(deps, account, request)
    return { kind: 'not_sent' }
  }
  const { answer } = asked
  const context = { account: account.name, walk: request.walk, page: request.page, tries: asked.tries }
  if (answer.kind !== 'ok') {
    const verdict = await judge(deps, account, request, asked, signal)
    if (verdict !== null) {
      await tellNothing(deps, account, request, verdict === 'too_deep')
      return { kind: verdict }
    }
    await settleAnswer(deps, account, answer.kind === 'missing' ? NOT_A_LIST : answer, asked.requestedAt)
    await applyRateLimitHeaders(deps, account, asked)
    await tellNothing(deps, account, request)
    const reason = answer.kind === 'unusable' ? answer.reason : answer.kind
    deps.log.warn({ ...context, reason, durationMs: Math.round(performance.now() - started) }, 'page.failed')
    return { kind: 'failed', ill: answer.kind === 'unusable' || answer.kind === 'missing' }
  }
  const { result, recorded } = await recordPage(
    deps,
    account,
    request,
    { ...asked, page: answer.value },
    record,
  )
  deps.meter.changesRecorded(account.name, recorded.changes)
  await settleAnswer(deps, account, answer, asked.requestedAt)
  await applyRateLimitHeaders(deps, account, asked)
  logPage(deps, { ...context, durationMs: Math.round(performance.now() - started) }, answer.value, recorded)
  return { kind: 'read', result }
}

async function judge(
  deps: Deps,
  account: Account,
  request: PageRequest,
  asked: Answered,
  signal: AbortSignal,
): Promise<PageVerdict> {
  if (isRejected(asked.answer)) await applyRateLimitHeaders(deps, account, asked)
  return judgeFailedPage(deps, account, request, asked.answer, signal)
}

function recordPage<T>(
  deps: Deps,
  account: Account,
  request: PageRequest,
  { page, requestedAt, receivedAt }: { readonly page: Page } & Pick<Answered, 'requestedAt' | 'receivedAt'>,
  record: RecordPage<T>,
): Promise<{ result: T; recorded: Recorded }> {
  const observations = page.readings.map(
    (reading): Observation => ({ ...reading, via: 'list', requestedAt, receivedAt }),
  )
  return inTransaction(deps.db, async (tx) => {
    let recorded: Recorded | null = null
    const result = await record(tx, page, async () => {
      recorded = await recordObservations(deps, tx, account, observations)
      await tellPage(tx, account, request, page, { rows: recorded.believed, atMs: requestedAt.getTime() })
      return recorded
    })
    if (recorded === null) throw new Error('record page: its rows were not recorded')
    return { result, recorded }
  })
}

async function tellPage(
  tx: Tx,
  account: Account,
  asked: PageRequest,
  { page, hasMore }: Page,
  seen: { readonly rows: readonly Row[]; readonly atMs: number },
): Promise<void> {
  await tellPlanner(tx, account, { kind: 'list', page, hasMore, ...seen })
  // The client has just learned where the provider begins to count: what was asked for is still to be seen.
  if (page === asked.page) return
  await tellPlanner(tx, account, { kind: 'none', request: { kind: 'list', page: asked.page }, waitMs: 0 })
}

function tellNothing(deps: Deps, account: Account, { page }: PageRequest, isTooDeep = false): Promise<void> {
  const request = { kind: 'list', page } as const
  const none = { kind: 'none', request, waitMs: FAILED_WAIT_MS } as const
  return tellPlanner(
    deps.db,
    account,
    isTooDeep ? { ...none, waitMs: TOO_DEEP_WAIT_MS, rowsWaitMs: 0 } : none,
  )
}

function logPage(deps: Deps, context: object, page: Page, recorded: Recorded): void {
  const { changes, believed: _, ...counts } = recorded
  const line = { ...context, rows: page.size, malformed: page.malformed, ...counts }
  if (changes.length > 0) deps.log.info(line, 'page.settled')
  else deps.log.debug(line, 'page.settled')
}

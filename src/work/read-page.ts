import { retryAfterFailureMs } from '../domain/cadence.ts'
import type { Observation, Reading } from '../domain/reading.ts'
import { type CreatedRange, freshEndOf, nextStep, type PageSeen, type Walk } from '../domain/walk.ts'
import type { Page } from '../providers/provider.ts'
import { completeBaseline, countPhases, loadAccount, markSweepCompleted } from '../store/accounts.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { insertEvents } from '../store/events.ts'
import {
  advanceWalk,
  endWalk,
  holdPage,
  lockWalk,
  type PageClaim,
  postponePage,
  startPage,
} from '../store/walks.ts'
import type { Account, Deps } from './account.ts'
import { type Asked, askProvider } from './ask-provider.ts'
import { type Recorded, recordObservations } from './record-observations.ts'
import { accountEvent, settleAnswer } from './settle-answer.ts'

type Answered = Extract<Asked<Page>, { kind: 'answered' }>

/** A pause that is long enough for the budget to have something to give again. */
const NO_BUDGET_WAIT_MS = 500

/** Asks for the next page of a walk and records every row of it. Returns whether the walk goes on. */
export async function readPage(
  deps: Deps,
  account: Account,
  page: PageClaim,
  signal: AbortSignal,
): Promise<boolean> {
  const started = performance.now()
  const claimed = await startPage(deps.db, page)
  if (claimed === null) return false

  const ask = () => account.provider.list(claimed.walk.page, account.pageSize, signal)
  const asked = await askProvider(deps, account, 'list', ask, signal)
  if (asked.kind === 'not_sent' || signal.aborted) {
    await postponePage(deps.db, page, NO_BUDGET_WAIT_MS, false)
    return false
  }

  const { answer } = asked
  const context = { account: account.name, walk: page.kind, page: claimed.walk.page, tries: asked.tries }
  const durationMs = () => Math.round(performance.now() - started)
  if (answer.kind !== 'ok') {
    const ill = answer.kind === 'unusable' || answer.kind === 'missing'
    await postponePage(deps.db, page, ill ? retryAfterFailureMs(claimed.failures + 1, deps.random()) : 0, ill)
    await settleAnswer(deps, account, answer.kind === 'missing' ? NOT_A_LIST : answer, asked.requestedAt)
    const reason = answer.kind === 'unusable' ? answer.reason : answer.kind
    deps.log.warn({ ...context, reason, durationMs: durationMs() }, 'page.failed')
    return false
  }

  const { ended, recorded } = await recordPage(
    deps,
    account,
    { ...page, walk: claimed.walk },
    asked,
    answer.value,
  )
  await settleAnswer(deps, account, answer, asked.requestedAt)
  const { changes, ...counts } = recorded
  const line = {
    ...context,
    rows: answer.value.size,
    malformed: answer.value.malformed,
    ...counts,
    ended,
    durationMs: durationMs(),
  }
  if (changes.length > 0 || ended) deps.log.info(line, 'page.settled')
  else deps.log.debug(line, 'page.settled')
  return !ended
}

const NOT_A_LIST = { kind: 'unusable', reason: 'the list is not there', passing: false } as const

async function recordPage(
  deps: Deps,
  account: Account,
  claim: PageClaim & { readonly walk: Walk },
  asked: Answered,
  page: Page,
): Promise<{ ended: boolean; recorded: Recorded }> {
  const { requestedAt, receivedAt } = asked
  const observations = page.readings.map(
    (reading): Observation => ({ ...reading, via: 'list', requestedAt, receivedAt }),
  )
  return inTransaction(deps.db, async (tx) => {
    const held = await holdPage(tx, claim)
    const recorded = await recordObservations(deps, tx, account, observations)
    // What was read is true all the same; only where to go next is no longer ours to say.
    if (!held) return { ended: false, recorded }
    const step = nextStep(claim.walk, pageSeen(page, recorded))
    if (step.kind === 'go_on') await advanceWalk(tx, claim, step.walk)
    else await finishWalk(deps, tx, account, claim, step.walk)
    return { ended: step.kind === 'complete', recorded }
  })
}

function pageSeen(page: Page, recorded: Recorded): PageSeen {
  const { readings } = page
  return {
    page: page.page,
    size: page.size,
    ids: readings.map((reading) => reading.migrationId),
    created: createdRange(readings),
    hasMore: page.hasMore,
    mostlyNew: recorded.discovered > readings.length / 2,
  }
}

function createdRange(readings: readonly Reading[]): CreatedRange | null {
  const times = readings.flatMap(({ createdAt }) => (createdAt === null ? [] : [createdAt])).sort()
  const [min] = times
  const max = times.at(-1)
  return min === undefined || max === undefined ? null : { min, max }
}

async function finishWalk(deps: Deps, tx: Tx, account: Account, claim: PageClaim, walk: Walk): Promise<void> {
  const state = await lockWalk(tx, account.name, claim.kind)
  if (state === null) throw new Error(`finish walk: ${account.name} has no ${claim.kind}`)
  if (claim.kind === 'look') {
    return endWalk(tx, claim, { lastPage: state.lastPage, freshEnd: state.freshEnd, again: false })
  }
  await markSweepCompleted(tx, account.name)
  // One page has no seams through which a row could slip; more need a walk each way.
  const whole = walk.lastPage === 0 || state.completed >= 1
  const complete = whole || (await loadAccount(tx, account.name))?.baselineAt !== null
  if (whole) await announceBaseline(deps, tx, account)
  await endWalk(tx, claim, { lastPage: walk.lastPage, freshEnd: freshEndOf(walk), again: !complete })
}

async function announceBaseline(deps: Deps, tx: Tx, account: Account): Promise<void> {
  const sequence = await completeBaseline(tx, account.name)
  if (sequence === null) return
  const phases = await countPhases(tx, account.name)
  const migrations = Object.values(phases).reduce((sum, n) => sum + n, 0)
  const payload = { account: account.name, provider: account.provider.kind, migrations, phases }
  await insertEvents(tx, [accountEvent(deps, account, 'account.baseline_completed', sequence, payload)])
  deps.log.info({ account: account.name, migrations, phases }, 'account.baseline_completed')
}

import { retryAfterFailureMs } from '../domain/cadence.ts'
import { honouredPageSize } from '../domain/page-size.ts'
import type { Reading } from '../domain/reading.ts'
import {
  type CreatedRange,
  depthOf,
  freshEndOf,
  nextStep,
  type PageSeen,
  stepAtDepth,
  type Walk,
} from '../domain/walk.ts'
import type { Page } from '../providers/provider.ts'
import {
  completeBaseline,
  countPhases,
  loadAccount,
  markSweepCompleted,
  recordListLimit,
} from '../store/accounts.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { insertEvents } from '../store/events.ts'
import { recordPageSize } from '../store/page-sizes.ts'
import {
  advanceWalk,
  type ClaimedPage,
  endWalk,
  holdPage,
  lockWalk,
  type PageClaim,
  postponePage,
  restartWalk,
  startPage,
} from '../store/walks.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'
import { type PageOutcome, readPage } from './read-page.ts'
import type { Recorded } from './record-observations.ts'
import { accountEvent } from './settle-answer.ts'

type ClaimedWalk = PageClaim & Pick<ClaimedPage, 'pageSize'>

/** A pause that is long enough for the budget to have something to give again. */
const NO_BUDGET_WAIT_MS = 500

/** Reads the next page of a walk and moves the walk on. Returns whether it goes on. */
export async function walkOn(
  deps: Deps,
  account: Account,
  claim: PageClaim,
  signal: AbortSignal,
): Promise<boolean> {
  const claimed = await startPage(deps.db, claim, account.pageSize)
  if (claimed === null) return false
  const { walk, failures, pageSize } = claimed
  const outcome = await readPage(
    deps,
    account,
    { page: walk.page, pageSize, walk: claim.kind, failures },
    async (tx, page, recordRows) => {
      const held = await holdPage(tx, claim)
      const recorded = await recordRows()
      // What was read is true all the same; only where to go next is no longer ours to say.
      return (
        held &&
        (await moveOn(deps, tx, account, { ...claim, pageSize }, nextStep(walk, pageSeen(page, recorded))))
      )
    },
    signal,
  )
  if (outcome.kind === 'read') return outcome.result
  if (outcome.kind === 'too_large') {
    await restartWalk(deps.db, claim)
    return true
  }
  if (outcome.kind === 'too_deep') {
    return inTransaction(deps.db, async (tx) => {
      const held = await holdPage(tx, claim)
      return held && moveOn(deps, tx, account, { ...claim, pageSize }, stepAtDepth(walk))
    })
  }
  await postpone(deps, claim, failures, outcome)
  return false
}

function postpone(
  deps: Deps,
  claim: PageClaim,
  failures: number,
  outcome: Extract<PageOutcome<boolean>, { kind: 'not_sent' | 'failed' }>,
): Promise<void> {
  if (outcome.kind === 'not_sent') return postponePage(deps.db, claim, NO_BUDGET_WAIT_MS, false)
  const waitMs = outcome.ill ? retryAfterFailureMs(failures + 1, deps.random()) : 0
  return postponePage(deps.db, claim, waitMs, outcome.ill)
}

async function moveOn(
  deps: Deps,
  tx: Tx,
  account: Account,
  claim: ClaimedWalk,
  step: ReturnType<typeof nextStep>,
): Promise<boolean> {
  if (step.kind === 'go_on') await advanceWalk(tx, claim, step.walk)
  else await finishWalk(deps, tx, account, claim, step.walk)
  return step.kind === 'go_on'
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

async function finishWalk(
  deps: Deps,
  tx: Tx,
  account: Account,
  claim: ClaimedWalk,
  walk: Walk,
): Promise<void> {
  const state = await lockWalk(tx, account.name, claim.kind)
  if (state === null) throw new Error(`finish walk: ${account.name} has no ${claim.kind}`)
  if (claim.kind === 'look') {
    return endWalk(tx, claim, { lastPage: state.lastPage, freshEnd: state.freshEnd, again: false })
  }
  await markSweepCompleted(tx, account.name)
  await learnPageSize(deps, tx, account, claim, walk)
  await tellDepth(deps, tx, account, depthOf(walk, claim.pageSize), walk.fullSize)
  // One page has no seams through which a row could slip; more need a walk each way.
  const whole = walk.lastPage === 0 || state.completed >= 1
  const complete = whole || (await loadAccount(tx, account.name))?.baselineAt !== null
  if (whole) await announceBaseline(deps, tx, account)
  await endWalk(tx, claim, { lastPage: walk.lastPage, freshEnd: freshEndOf(walk), again: !complete })
}

/** Learned from the configured size only, once a day at most: else each sweep might go a little lower. */
async function learnPageSize(
  deps: Deps,
  tx: Tx,
  account: Account,
  { pageSize }: ClaimedWalk,
  walk: Walk,
): Promise<void> {
  const size = pageSize === account.pageSize ? honouredPageSize(walk, pageSize) : null
  if (size === null) return
  if (!(await recordPageSize(tx, account.name, size))) return
  deps.log.info({ account: account.name, asked: pageSize, size }, 'account.page_size_learned')
}

/** What lies deeper is only known where it was listed before, or tracked by its id: that must not go unsaid. */
async function tellDepth(
  { log }: Deps,
  tx: Tx,
  { name }: Account,
  pages: number | null,
  size: number,
): Promise<void> {
  const rows = pages === null ? null : pages * size
  const limit = rows === null ? null : `the provider lists no more than ${rows} migrations`
  if (!(await recordListLimit(tx, name, limit))) return
  if (rows === null) log.info({ account: name }, 'account.list_unlimited')
  else log.warn({ account: name, pages, rows }, 'account.list_limited')
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

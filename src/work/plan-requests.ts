import { probeAfterMs } from '../domain/cadence.ts'
import { decideShares } from '../domain/request-plan.ts'
import { startLook, startSweep, type WalkKind } from '../domain/walk.ts'
import { type AccountState, scheduleProbe, takePlanningTurn } from '../store/accounts.ts'
import { countTokens } from '../store/budgets.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { claimDuePolls, type PollClaim } from '../store/polls.ts'
import { beginWalk, claimPage, lockWalk, type PageClaim, type WalkState } from '../store/walks.ts'
import type { Account, Deps } from './account.ts'

/** How often an account's list is read where new migrations appear. */
const LOOK_EVERY_MS = 30_000

export interface PlannedRequests {
  readonly pages: readonly PageClaim[]
  readonly polls: readonly PollClaim[]
}

const NOTHING: PlannedRequests = { pages: [], polls: [] }

/** The account's tick: claims as many due requests as its budget has tokens for. One process at a time has the turn. */
export async function planRequests(deps: Pick<Deps, 'db'>, account: Account): Promise<PlannedRequests> {
  return inTransaction(deps.db, async (tx) => {
    const state = await takePlanningTurn(tx, account.name)
    if (state === null) return NOTHING
    const tokens = await countTokens(tx, account.name, account.rate)
    if (tokens === 0) return NOTHING
    return state.state === 'suspended' ? planProbe(tx, account, state) : shareOut(tx, account, tokens)
  })
}

async function shareOut(tx: Tx, account: Account, tokens: number): Promise<PlannedRequests> {
  const look = await lockWalk(tx, account.name, 'look')
  const sweep = await lockWalk(tx, account.name, 'sweep')
  const shares = decideShares({
    tokens,
    lookDue: look.due,
    sweepDue: sweep.due,
    msSinceSweepRequest: sweep.msSinceRequest,
    requestsPerSecond: account.rate.requestsPerSecond,
  })
  const polls = await claimDuePolls(tx, account.name, shares.polls)
  const spare = polls.length < shares.polls
  const pages: PageClaim[] = []
  if (shares.look) pages.push(await claimNextPage(tx, account, 'look', look, sweep))
  if (shares.sweep === 'always' || (shares.sweep === 'spare' && spare)) {
    pages.push(await claimNextPage(tx, account, 'sweep', sweep, sweep))
  }
  return { pages, polls }
}

/** A suspended account may ask for one page now and then, to see whether its key works again. */
async function planProbe(tx: Tx, account: Account, state: AccountState): Promise<PlannedRequests> {
  if (!state.probeDue) return NOTHING
  await scheduleProbe(tx, account.name, probeAfterMs(state.probes + 1))
  const look = await lockWalk(tx, account.name, 'look')
  const sweep = await lockWalk(tx, account.name, 'sweep')
  return { pages: [await claimNextPage(tx, account, 'look', look, sweep)], polls: [] }
}

async function claimNextPage(
  tx: Tx,
  account: Account,
  kind: WalkKind,
  state: WalkState,
  sweep: WalkState,
): Promise<PageClaim> {
  if (state.walk === null) {
    const looks = kind === 'look'
    const walk = looks ? startLook(sweep.freshEnd, sweep.lastPage) : nextSweep(sweep)
    await beginWalk(tx, account.name, walk, kind, looks ? LOOK_EVERY_MS : null)
  }
  return claimPage(tx, account.name, kind)
}

function nextSweep(sweep: WalkState) {
  return startSweep(sweep.completed % 2 === 0 ? 'down' : 'up', sweep.lastPage)
}

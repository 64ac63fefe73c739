import { probeAfterMs } from '../domain/cadence.ts'
import { decideShares } from '../domain/request-plan.ts'
import { startLook, startSweep } from '../domain/walk.ts'
import { type AccountState, scheduleProbe, takePlanningTurn } from '../store/accounts.ts'
import { countTokens, type Rate } from '../store/budgets.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { claimDuePolls, type PollClaim } from '../store/polls.ts'
import { beginWalk, claimPage, lockWalk, type PageClaim, type WalkState } from '../store/walks.ts'
import type { Account, Deps } from './account.ts'

/** How often an account's list is read where new migrations appear: for a tenth of the budget at most. */
function lookEveryMs({ requestsPerSecond }: Rate): number {
  return Math.max(30_000, 10_000 / requestsPerSecond)
}

/**
 * Polls of an account that may be under way at a time, over all processes: a second's worth, as few answers take
 * longer. A provider that hangs then holds up no more than so many workers.
 */
export function pollsAtOnce({ requestsPerSecond }: Rate): number {
  return Math.max(16, Math.ceil(requestsPerSecond))
}

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
    return state.state === 'suspended' ? planProbe(tx, account, state) : shareOut(tx, account, state, tokens)
  })
}

async function shareOut(
  tx: Tx,
  account: Account,
  state: AccountState,
  tokens: number,
): Promise<PlannedRequests> {
  const look = await lockWalk(tx, account.name, 'look')
  const sweep = await lockWalk(tx, account.name, 'sweep')
  const shares = decideShares({
    tokens,
    // The first sweep meets everything anyway.
    lookDue: state.baselineAt !== null && (look?.due ?? false),
    sweepDue: sweep?.due ?? false,
    msSinceSweepRequest: sweep?.msSinceRequest ?? null,
    requestsPerSecond: account.rate.requestsPerSecond,
  })
  const polls = await claimDuePolls(tx, account.name, shares.polls, pollsAtOnce(account.rate))
  const spare = polls.length < shares.polls
  const pages: PageClaim[] = []
  if (look && shares.look) pages.push(await claimLook(tx, account, look, sweep))
  if (sweep && (shares.sweep === 'always' || (shares.sweep === 'spare' && spare))) {
    pages.push(await claimSweep(tx, account, sweep))
  }
  return { pages, polls }
}

/** A suspended account may ask for one page now and then, to see whether its key works again. */
async function planProbe(tx: Tx, account: Account, state: AccountState): Promise<PlannedRequests> {
  const look = state.probeDue ? await lockWalk(tx, account.name, 'look') : null
  if (look === null) return NOTHING
  await scheduleProbe(tx, account.name, probeAfterMs(state.probes + 1))
  return { pages: [await claimLook(tx, account, look, null)], polls: [] }
}

async function claimLook(
  tx: Tx,
  account: Account,
  look: WalkState,
  sweep: WalkState | null,
): Promise<PageClaim> {
  if (look.walk === null) {
    const walk = startLook(sweep?.freshEnd ?? 'first', sweep?.lastPage ?? 0)
    await beginWalk(tx, account.name, walk, 'look', lookEveryMs(account.rate))
  }
  return claimPage(tx, account.name, 'look')
}

async function claimSweep(tx: Tx, account: Account, sweep: WalkState): Promise<PageClaim> {
  if (sweep.walk === null) {
    const walk = startSweep(sweep.completed % 2 === 0 ? 'down' : 'up', sweep.lastPage)
    await beginWalk(tx, account.name, walk, 'sweep', null)
  }
  return claimPage(tx, account.name, 'sweep')
}

import { probeAfterMs } from '../domain/cadence.ts'
import { decideShares } from '../domain/request-plan.ts'
import { type AccountState, scheduleProbe, takePlanningTurn } from '../store/accounts.ts'
import { countTokens } from '../store/budgets.ts'
import { claimCreations } from '../store/creations.ts'
import { inTransaction, type Tx } from '../store/db.ts'
import { claimHinted } from '../store/hints.ts'
import { effectiveRate } from '../store/pacing.ts'
import { claimAnyPoll, claimDuePolls } from '../store/polls.ts'
import { lockWalk, type PageClaim } from '../store/walks.ts'
import { type Account, hasList, pollsAtOnce } from './account.ts'
import { claimLook, claimSweep } from './claim-walks.ts'
import type { Deps } from './deps.ts'
import { planByWorth } from './plan-by-worth.ts'
import { NOTHING, type PlannedRequests } from './planned-requests.ts'
import type { Seat } from './planner-seats.ts'

/**
 * The account's tick: claims as many requests as its budget has tokens for. One process at a time has the turn; null
 * where it takes a planner that another process holds.
 */
export async function planRequests(deps: Deps, account: Account): Promise<PlannedRequests | null> {
  const planned = await inTransaction(deps.db, (tx) => planInTurn(tx, deps, account))
  deps.seats.settle(account.name)
  return planned
}

async function planInTurn(tx: Tx, deps: Deps, account: Account): Promise<PlannedRequests | null> {
  const state = await takePlanningTurn(tx, account.name)
  if (state === null) return NOTHING
  const seat = account.policy === 'adaptive' ? await deps.seats.take(tx, account) : undefined
  if (seat === null) return null
  const tokens = await countTokens(tx, account.name, account.rate)
  if (tokens === 0) return NOTHING
  if (state.state === 'suspended') return planProbe(tx, account, state)
  // Somebody waits for these.
  const creations =
    account.provider.create === undefined ? [] : await claimCreations(tx, account.name, tokens)
  const hinted = await claimHinted(tx, account.name, account.rate, tokens - creations.length)
  const left = tokens - creations.length - hinted.length
  const planned = await planTokens(tx, deps, account, { seat, state, tokens: left })
  return { ...planned, polls: [...hinted, ...planned.polls], creations }
}

interface Turn {
  readonly seat: Seat | undefined
  readonly state: AccountState
  readonly tokens: number
}

async function planTokens(
  tx: Tx,
  deps: Deps,
  account: Account,
  { seat, state, tokens }: Turn,
): Promise<Omit<PlannedRequests, 'creations'>> {
  if (seat === undefined) return planDue(tx, account, state, tokens)
  return planByWorth(tx, {
    account,
    seat,
    tokens,
    // Shares of the configured rate would take every token of a slow account.
    requestsPerSecond: await effectiveRate(tx, account.name, account.rate),
    isBaseline: state.baselineAt === null,
    random: deps.random,
  })
}

/** Gives the tokens to what is due, by the timers of each migration. */
async function planDue(
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
    // As fast as it goes at present: measured by the configured rate, a sweep would take every token of a slow account.
    requestsPerSecond: await effectiveRate(tx, account.name, account.rate),
  })
  const atOnce = pollsAtOnce(account.rate)
  const polls = await claimDuePolls(tx, account.name, { urgent: false, limit: shares.polls, atOnce })
  const spare = polls.length < shares.polls
  const walks: PageClaim[] = []
  if (look && shares.look) walks.push(await claimLook(tx, account, look, sweep))
  if (sweep && (shares.sweep === 'always' || (shares.sweep === 'spare' && spare))) {
    walks.push(await claimSweep(tx, account, sweep))
  }
  return { ...NOTHING, walks, polls }
}

/** A suspended account may make one request now and then, to see whether its key works again. */
async function planProbe(tx: Tx, account: Account, state: AccountState): Promise<PlannedRequests> {
  if (!hasList(account)) return planProbingPoll(tx, account, state)
  const look = state.probeDue ? await lockWalk(tx, account.name, 'look') : null
  if (look === null) return NOTHING
  await scheduleProbe(tx, account.name, probeAfterMs(state.probes + 1))
  return { ...NOTHING, walks: [await claimLook(tx, account, look, null)] }
}

/** Where there is no list any migration will do. */
async function planProbingPoll(tx: Tx, account: Account, state: AccountState): Promise<PlannedRequests> {
  if (!state.probeDue) return NOTHING
  const polls = await claimAnyPoll(tx, account.name)
  if (polls.length > 0) await scheduleProbe(tx, account.name, probeAfterMs(state.probes + 1))
  return { ...NOTHING, polls }
}

import type { PlannedRequest } from '../domain/planner/types.ts'
import type { Tx } from '../store/db.ts'
import { claimPolls } from '../store/planners.ts'
import { claimDuePolls } from '../store/polls.ts'
import { lockWalk } from '../store/walks.ts'
import { type Account, pollsAtOnce } from './account.ts'
import { claimLook, claimSweep, nextSweep } from './claim-walks.ts'
import type { PlannedRequests } from './planned-requests.ts'
import type { Seat } from './planner-seats.ts'

/** Share of the requests that go to what is due though nothing is urgent, as what only lists showed for an hour. */
const DUE_SHARE = 0.05
/** What is urgent leaves this share to the planner, or a flood of it would hold up sweeps and the discovery of new ones. */
const PLANNER_SHARE = 0.2

export interface Tick {
  readonly account: Account
  readonly seat: Seat
  readonly tokens: number
  /** The requests per second that may be made at present. */
  readonly requestsPerSecond: number
  /** Whether not all pages were read yet. */
  readonly isBaseline: boolean
  readonly random: () => number
}

/** Spends a tick's tokens: first on what cannot wait, then on what the planner finds worth most. */
export async function planByWorth(
  tx: Tx,
  { account, seat, tokens, requestsPerSecond, isBaseline, random }: Tick,
): Promise<Omit<PlannedRequests, 'creations'>> {
  const atOnce = pollsAtOnce(account.rate)
  let left = Math.min(tokens, Math.max(0, atOnce - seat.inFlight()))
  const look = await lockWalk(tx, account.name, 'look')
  const sweep = await lockWalk(tx, account.name, 'sweep')
  const walks = []
  if (look?.due === true && !isBaseline && left > 0) {
    walks.push(await claimLook(tx, account, look, sweep))
    left -= 1
  }
  const limit = left - Math.floor(PLANNER_SHARE * left + random())
  const urgent = await claimDuePolls(tx, account.name, { urgent: true, limit, atOnce })
  left -= urgent.length
  const dueLimit = random() < DUE_SHARE * left ? 1 : 0
  const due = await claimDuePolls(tx, account.name, { urgent: false, limit: dueLimit, atOnce })
  left -= due.length

  const page = sweep?.due === true ? (sweep.walk ?? nextSweep(sweep, lastPageOf(seat))).page : null
  seat.planner.keepTo(requestsPerSecond)
  const chosen = seat.planner.choose(seat.nowMs, left, { page, baseline: isBaseline })
  const sweeps = chosen.some((request) => request.reason === 'sweep')
  if (sweeps && sweep !== null) walks.push(await claimSweep(tx, account, sweep, lastPageOf(seat)))
  const polls = await claimPolls(tx, account.name, idsOf(chosen))
  const pages = chosen.flatMap((one) => (one.kind === 'list' && one.reason !== 'sweep' ? [one.page] : []))
  // What could not be claimed is under way already, and brings no second answer.
  seat.noteSent([
    ...pages.map((page) => ({ kind: 'list' as const, page })),
    ...polls.map(({ migrationId }) => ({ kind: 'get' as const, id: migrationId })),
  ])
  return { walks, pages, polls: [...urgent, ...due, ...polls.map(({ key, claim }) => ({ key, claim }))] }
}

const idsOf = (chosen: readonly PlannedRequest[]) =>
  chosen.flatMap((request) => (request.kind === 'get' ? [request.id] : []))

const lastPageOf = (seat: Seat) => seat.planner.survey()?.lastPage ?? 0

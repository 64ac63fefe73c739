import { startLook, startSweep, type Walk } from '../domain/walk.ts'
import type { Tx } from '../store/db.ts'
import { beginWalk, claimPage, type PageClaim, type WalkState } from '../store/walks.ts'
import type { Account } from './account.ts'

/**
 * How often an account's list is read where new migrations appear: for a tenth of the budget at most. Where requests
 * are chosen by worth, the planner looks by itself, and this only makes sure.
 */
function lookEveryMs({ policy, rate }: Account): number {
  return policy === 'adaptive' ? 600_000 : Math.max(30_000, 10_000 / rate.requestsPerSecond)
}

/** Claims the next page of the account's look, which begins if none is under way. */
export async function claimLook(
  tx: Tx,
  account: Account,
  look: WalkState,
  sweep: WalkState | null,
): Promise<PageClaim> {
  if (look.walk === null) {
    const walk = startLook(sweep?.freshEnd ?? 'first', sweep?.lastPage ?? 0)
    await beginWalk(tx, account.name, walk, 'look', lookEveryMs(account))
  }
  return claimPage(tx, account.name, 'look')
}

/** Claims the next page of the account's sweep, which begins if none is under way. */
export async function claimSweep(
  tx: Tx,
  account: Account,
  sweep: WalkState,
  knownLastPage = 0,
): Promise<PageClaim> {
  if (sweep.walk === null) {
    await beginWalk(tx, account.name, nextSweep(sweep, knownLastPage), 'sweep', null)
  }
  return claimPage(tx, account.name, 'sweep')
}

/** The sweep that begins next: down and up in turn, for rows that slip past the one meet the other. */
export function nextSweep({ completed, lastPage }: WalkState, knownLastPage: number): Walk {
  return startSweep(completed % 2 === 0 ? 'down' : 'up', Math.max(lastPage, knownLastPage))
}

import type { Answer, NoAnswer } from '../domain/planner/types.ts'
import type { Db } from '../store/db.ts'
import { leaveAnswer } from '../store/planners.ts'
import type { Account } from './account.ts'

/** After a request that failed, another one may do better. */
export const FAILED_WAIT_MS = 2_000

/** Leaves an answer for the account's planner, if it has one. */
export async function tellPlanner(
  db: Pick<Db, 'execute'>,
  account: Account,
  answer: Answer | NoAnswer,
): Promise<void> {
  if (account.policy === 'adaptive') await leaveAnswer(db, account.name, answer)
}

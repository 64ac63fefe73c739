import { setTimeout as delay } from 'node:timers/promises'

import type { Outcome } from '../providers/provider.ts'
import { spendToken } from '../store/budgets.ts'
import type { Db } from '../store/db.ts'
import type { Account } from './account.ts'

const PATIENCE_MS = 30_000
/** The bucket may hold a whole token at any moment, not only on a tick. */
const LOOK_EVERY_MS = 200

/** One request that somebody waits for, within the account's budget. What it meets concerns nobody but the caller. */
export async function actAtProvider<T>(
  db: Db,
  { name, rate }: Account,
  send: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  while (!patience.aborted) {
    const spending = await spendToken(db, name, 'get', rate)
    if (spending.kind === 'granted') return send()
    await delay(LOOK_EVERY_MS)
  }
  return {
    kind: 'not_sent',
    reason: `the budget of account ${name} let nothing out in time; try again later`,
  }
}

import { resumeAccount } from '../store/accounts.ts'
import { liftPause } from '../store/budgets.ts'
import { loadNow } from '../store/clock.ts'
import { inTransaction } from '../store/db.ts'
import { insertEvents } from '../store/events.ts'
import { listAccounts } from '../store/views/accounts.ts'
import type { Deps } from './deps.ts'
import { accountEvent } from './settle-answer.ts'

export interface Resumed {
  /** It was suspended until now. */
  readonly suspended: boolean
  /** It waited until now, as its provider had asked it to or because of failures. */
  readonly paused: boolean
}

/**
 * Somebody says that the key works again, or that the pause which the provider asked for was not meant. Should the provider
 * refuse the key or the next request still, the account is suspended or waits anew. Null where there is no such account.
 */
export async function resumeByHand(
  { db, log, newEventId }: Pick<Deps, 'db' | 'log' | 'newEventId'>,
  name: string,
): Promise<Resumed | null> {
  const account = (await listAccounts(db)).find((one) => one.account === name)
  if (account === undefined) return null
  const now = await loadNow(db)
  const paused = await inTransaction(db, (tx) => liftPause(tx, name))
  const suspended = await inTransaction(db, async (tx) => {
    const sequence = await resumeAccount(tx, name, now)
    if (sequence === null) return false
    const payload = { account: name, provider: account.provider }
    await insertEvents(tx, [accountEvent({ newEventId }, { name }, 'account.resumed', sequence, payload)])
    return true
  })
  if (paused) log.info({ account: name, by: 'hand' }, 'account.pause_lifted')
  if (suspended) log.info({ account: name, by: 'hand' }, 'account.resumed')
  return { suspended, paused }
}

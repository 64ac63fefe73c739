import { resumeAccount } from '../store/accounts.ts'
import { loadNow } from '../store/clock.ts'
import { inTransaction } from '../store/db.ts'
import { insertEvents } from '../store/events.ts'
import { listAccounts } from '../store/views/accounts.ts'
import type { Deps } from './deps.ts'
import { accountEvent } from './settle-answer.ts'

/**
 * Somebody says that the key works again. Should the provider refuse it still, the next request suspends the account anew.
 * Says whether it was suspended; null where there is no such account.
 */
export async function resumeByHand(
  { db, log, newEventId }: Pick<Deps, 'db' | 'log' | 'newEventId'>,
  name: string,
): Promise<boolean | null> {
  const account = (await listAccounts(db)).find((one) => one.account === name)
  if (account === undefined) return null
  const now = await loadNow(db)
  const resumed = await inTransaction(db, async (tx) => {
    const sequence = await resumeAccount(tx, name, now)
    if (sequence === null) return false
    const payload = { account: name, provider: account.provider }
    await insertEvents(tx, [accountEvent({ newEventId }, { name }, 'account.resumed', sequence, payload)])
    return true
  })
  if (resumed) log.info({ account: name, by: 'hand' }, 'account.resumed')
  return resumed
}

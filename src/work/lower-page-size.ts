import { smallerPageSize } from '../domain/page-size.ts'
import type { Answer, Page } from '../providers/provider.ts'
import { inTransaction } from '../store/db.ts'
import { loadPageSize, recordPageSize } from '../store/page-sizes.ts'
import { type Account, readerOf } from './account.ts'
import { askProvider } from './ask-provider.ts'
import type { Deps } from './deps.ts'

export interface RejectedPage {
  readonly page: number
  readonly pageSize: number
  /** Whether the first page may be asked for, to see what it was that was rejected. */
  readonly inDoubtAsk: boolean
}

/** Whether the request itself was not accepted, for its size or its number. */
export function isRejected(answer: Answer<Page>): boolean {
  return answer.kind === 'unusable' && answer.rejected === true
}

/**
 * Where a page was rejected because of its size, half of it is asked for from now on. Only the first page tells, as it is
 * asked for without a number. Returns whether a smaller size is worth a try.
 */
export async function lowerPageSize(
  deps: Pick<Deps, 'db' | 'log' | 'meter'>,
  account: Account,
  { page, pageSize: refused, inDoubtAsk }: RejectedPage,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await loadPageSize(deps.db, account.name, account.pageSize)) < refused) return true
  const isSize = page === 0 || (inDoubtAsk && (await isFirstPageRejected(deps, account, refused, signal)))
  if (!isSize) return false
  const size = smallerPageSize(refused)
  const isTakenUp = await inTransaction(deps.db, (tx) => recordPageSize(tx, account.name, size))
  if (size === null || !isTakenUp) return false
  deps.log.warn({ account: account.name, refused, size }, 'account.page_size_lowered')
  return true
}

async function isFirstPageRejected(
  deps: Pick<Deps, 'db' | 'log' | 'meter'>,
  account: Account,
  pageSize: number,
  signal: AbortSignal,
): Promise<boolean> {
  const list = readerOf(account)
  const ask = () => list(0, pageSize, signal)
  const asked = await askProvider(deps, account, 'list', ask, signal)
  return asked.kind === 'answered' && isRejected(asked.answer)
}

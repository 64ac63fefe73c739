import { smallerPageSize } from '../domain/page-size.ts'
import type { Answer, Page } from '../providers/provider.ts'
import { inTransaction } from '../store/db.ts'
import { loadPageSize, recordPageSize } from '../store/page-sizes.ts'
import { type Account, readerOf } from './account.ts'
import { askProvider } from './ask-provider.ts'
import type { Deps } from './deps.ts'

export interface FailedPage {
  readonly page: number
  readonly pageSize: number
  readonly walk: 'sweep' | 'look' | null
  readonly failures: number
}

/**
 * What a page failed for: its size, of which less is asked for from now on, or its number, beyond what the provider
 * lists. Null where it was something else, or is not clear yet.
 */
export type PageVerdict = 'too_large' | 'too_deep' | null

type Judge = Pick<Deps, 'db' | 'log' | 'meter'>

/** Times in a row that a page is refused before that alone is enough, where the budget lets no other page be asked for. */
const REFUSED_ENOUGH = 3

export async function judgeFailedPage(
  deps: Judge,
  account: Account,
  failed: FailedPage,
  answer: Answer<Page>,
  signal: AbortSignal,
): Promise<PageVerdict> {
  if (!isRejected(answer)) return null
  const { page, pageSize, walk } = failed
  if ((await loadPageSize(deps.db, account.name, account.pageSize)) < pageSize) return 'too_large'
  // Only a sweep or a discovery poll finds out which it is. The planner waits before it asks for a single page again.
  if (walk === null && page > 0) return 'too_deep'
  return judgeRejected(deps, account, failed, signal)
}

export function isRejected(answer: Answer<Page>): boolean {
  return answer.kind === 'unusable' && answer.rejected === true
}

/**
 * A refused first page is too large, as it is asked for without a number. A later one is too large where the first is refused
 * as well, and too deep where that is given but the page behind is refused too.
 */
async function judgeRejected(
  deps: Judge,
  account: Account,
  failed: FailedPage,
  signal: AbortSignal,
): Promise<PageVerdict> {
  const { page, pageSize, failures } = failed
  const first = page === 0 ? 'rejected' : await askFor(deps, account, 0, pageSize, signal)
  if (first === 'rejected') return lowerPageSize(deps, account, pageSize)
  if (first === 'not_sent') return failures >= REFUSED_ENOUGH ? 'too_deep' : null
  const behind = first === 'given' ? await askFor(deps, account, page + 1, pageSize, signal) : 'failed'
  const isDeep = behind === 'rejected' || (behind === 'not_sent' && failures >= REFUSED_ENOUGH)
  return isDeep ? 'too_deep' : null
}

async function askFor(
  deps: Judge,
  account: Account,
  page: number,
  pageSize: number,
  signal: AbortSignal,
): Promise<'given' | 'rejected' | 'failed' | 'not_sent'> {
  const list = readerOf(account)
  const asked = await askProvider(deps, account, 'list', () => list(page, pageSize, signal), signal)
  if (asked.kind === 'not_sent' || signal.aborted) return 'not_sent'
  if (asked.answer.kind === 'ok') return 'given'
  return isRejected(asked.answer) ? 'rejected' : 'failed'
}

async function lowerPageSize(deps: Judge, account: Account, refused: number): Promise<PageVerdict> {
  const size = smallerPageSize(refused)
  const isTakenUp = await inTransaction(deps.db, (tx) => recordPageSize(tx, account.name, size))
  if (size === null || !isTakenUp) return null
  deps.log.warn({ account: account.name, refused, size }, 'account.page_size_lowered')
  return 'too_large'
}

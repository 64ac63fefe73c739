import { loadPageSize } from '../store/page-sizes.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'
import { readPage } from './read-page.ts'

/** Reads a page that the planner chose. Returns whether it brought something to plan with. */
export async function readChosenPage(
  deps: Deps,
  account: Account,
  page: number,
  signal: AbortSignal,
): Promise<boolean> {
  const pageSize = await loadPageSize(deps.db, account.name, account.pageSize)
  const request = { page, pageSize, walk: null, failures: 0 }
  const outcome = await readPage(deps, account, request, (_tx, _page, recordRows) => recordRows(), signal)
  return outcome.kind === 'read' || outcome.kind === 'too_large'
}

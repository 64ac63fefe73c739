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
  const request = { page, walk: null }
  const outcome = await readPage(deps, account, request, (_tx, _page, recordRows) => recordRows(), signal)
  return outcome.kind === 'read'
}

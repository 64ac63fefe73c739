import { listHooks } from '../../store/hooks.ts'
import { listAccounts } from '../../store/views/accounts.ts'
import { withStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'

/** One name a line. What is no plain word is left out: a shell would take it apart. */
export async function printNames(shell: Shell, of: 'accounts' | 'hooks'): Promise<void> {
  await withStore(shell, async ({ db }) => {
    const names =
      of === 'hooks'
        ? (await listHooks(db)).map(({ name }) => name)
        : (await listAccounts(db)).map(({ account }) => account)
    for (const name of names.filter((one) => /^[\w-]+$/.test(one))) shell.print(name)
  })
}

import type { AccountConfig } from '../../config/config.ts'
import { createProvider } from '../../providers/registry.ts'
import { spendToken } from '../../store/budgets.ts'
import type { Db } from '../../store/db.ts'
import { type Finding, ok, problem, warn } from './finding.ts'

/** Asks the provider for one row of its list, within the account's budget. */
export async function checkOnline(account: AccountConfig, db: Db | null): Promise<Finding> {
  const check = `account ${account.name}, provider`
  if (db !== null && !(await mayAsk(db, account))) {
    return warn(check, 'not asked: the budget is used up', 'Try again in a moment.')
  }
  const provider = createProvider(account.provider, account)
  try {
    const answer = await provider.list(0, 1, AbortSignal.timeout(30_000))
    switch (answer.kind) {
      case 'ok':
        return ok(check, `answers, and shows ${answer.value.size} row(s) of one asked for`)
      case 'throttled':
        return warn(
          check,
          'answers: too many requests',
          'Lower the budget of the account, or of who shares its key.',
        )
      case 'refused':
        return problem(
          check,
          `does not accept the key (${answer.statusCode})`,
          'Check the API key of this account.',
        )
      case 'missing':
        return problem(check, 'has no list at this address', 'Check the base URL of this account.')
      case 'unusable':
        return problem(
          check,
          `gives no usable answer: ${answer.reason}`,
          'Check the base URL, and the way to it.',
        )
      default:
        return answer satisfies never
    }
  } finally {
    await provider.close()
  }
}

/** An account that no daemon has registered yet has no budget that anybody else could be using. */
async function mayAsk(db: Db, { name, requestsPerSecond, burst }: AccountConfig): Promise<boolean> {
  const { listAccounts } = await import('../../store/views/accounts.ts')
  if ((await listAccounts(db)).every((row) => row.account !== name)) return true
  const spending = await spendToken(db, name, 'list', { requestsPerSecond, burst })
  return spending.kind === 'granted'
}

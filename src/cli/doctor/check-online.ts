import type { AccountConfig } from '../../config/config.ts'
import type { Answer, Provider } from '../../providers/provider.ts'
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
    const answer = await askOnce(provider, AbortSignal.timeout(30_000))
    switch (answer.kind) {
      case 'ok':
        return ok(check, answer.value)
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
        return problem(
          check,
          'has not what was asked for at this address',
          'Check the base URL of this account.',
        )
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

/** Its list's first row; where there is no list, what the provider has for the purpose. */
async function askOnce(provider: Provider, signal: AbortSignal): Promise<Answer<string>> {
  const listed = await provider.list?.(0, 1, signal)
  if (listed === undefined) {
    const answer = (await provider.check?.(signal)) ?? NO_CHECK
    return answer.kind === 'ok' ? { kind: 'ok', value: 'answers, and accepts the key' } : answer
  }
  if (listed.kind !== 'ok') return listed
  return { kind: 'ok', value: `answers, and shows ${listed.value.size} row(s) of one asked for` }
}

const NO_CHECK: Answer<never> = {
  kind: 'unusable',
  reason: 'nothing can be asked without an id',
  passing: false,
}

/** An account that no daemon has registered yet has no budget that anybody else could be using. */
async function mayAsk(db: Db, { name, requestsPerSecond, burst }: AccountConfig): Promise<boolean> {
  const { listAccounts } = await import('../../store/views/accounts.ts')
  if ((await listAccounts(db)).every((row) => row.account !== name)) return true
  const spending = await spendToken(db, name, 'list', { requestsPerSecond, burst })
  return spending.kind === 'granted'
}

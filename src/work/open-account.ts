import { createProvider, type ProviderOptions } from '../providers/registry.ts'
import type { Account } from './account.ts'

/** What is configured of an account, as far as work on it needs that. */
export interface AccountSettings extends Omit<Account, 'provider' | 'rate'>, ProviderOptions {
  readonly provider: string
  readonly requestsPerSecond: number
  readonly burst: number
}

export function openAccount(settings: AccountSettings): Account {
  const { name, pageSize, sweepEveryMs, policy, lagGoalMs, baseline, requestsPerSecond, burst } = settings
  const rate = { requestsPerSecond, burst }
  const provider = createProvider(settings.provider, settings)
  return { name, provider, rate, pageSize, sweepEveryMs, policy, lagGoalMs, baseline }
}

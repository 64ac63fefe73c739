import { createProvider, type ProviderOptions } from '../providers/registry.ts'
import { createKeyFile } from '../runtime/key-file.ts'
import type { Account } from './account.ts'

/** What is configured of an account, as far as work on it needs that. */
export interface AccountSettings extends Omit<Account, 'provider' | 'rate' | 'key'>, ProviderOptions {
  readonly provider: string
  readonly apiKey: string
  /** Absolute path of the file that the key came from. */
  readonly apiKeyFile?: string | undefined
  readonly requestsPerSecond: number
  readonly burst: number
}

export function openAccount(settings: AccountSettings): Account {
  const { name, pageSize, sweepEveryMs, policy, lagGoalMs, baseline, requestsPerSecond, burst } = settings
  const rate = { requestsPerSecond, burst }
  const { apiKey, apiKeyFile } = settings
  const key = apiKeyFile === undefined ? undefined : createKeyFile(apiKeyFile, apiKey)
  const provider = createProvider(settings.provider, { ...settings, apiKey: key?.current ?? apiKey })
  return { name, provider, key, rate, pageSize, sweepEveryMs, policy, lagGoalMs, baseline }
}

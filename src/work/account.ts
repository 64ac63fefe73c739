import type { Policy } from '../domain/policy.ts'
import type { Baseline } from '../domain/transition-events.ts'
import type { Provider } from '../providers/provider.ts'
import type { KeyFile } from '../runtime/key-file.ts'
import type { Rate } from '../store/budgets.ts'

/** One credential at one provider, ready to be asked. */
export interface Account {
  readonly name: string
  readonly provider: Provider
  /** Where its key comes from a file, which may get another one. */
  readonly key?: KeyFile | undefined
  readonly rate: Rate
  readonly pageSize: number
  readonly sweepEveryMs: number
  readonly policy: Policy
  readonly lagGoalMs: number
  readonly baseline: Baseline
}

export const hasList = ({ provider }: Account): boolean => provider.list !== undefined

/** Asks for a page. Only accounts whose provider has a list have walks, and pages to read. */
export function readerOf({ name, provider }: Account): NonNullable<Provider['list']> {
  if (provider.list === undefined) throw new Error(`list ${name}: provider ${provider.kind} has no list`)
  return provider.list
}

/**
 * Polls of an account that may be under way at a time, over all processes, of those that are urgent and of those that its
 * planner chose: a second's worth, as few answers take longer. A provider that hangs then holds up no more than twice so
 * many workers.
 */
export function pollsAtOnce({ requestsPerSecond }: Rate): number {
  return Math.max(16, Math.ceil(requestsPerSecond))
}

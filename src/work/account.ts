import type { Logger } from 'pino'

import type { Baseline } from '../domain/transition-events.ts'
import type { Provider } from '../providers/provider.ts'
import type { Rate } from '../store/budgets.ts'
import type { Db } from '../store/db.ts'

/** One credential at one provider, ready to be asked. */
export interface Account {
  readonly name: string
  readonly provider: Provider
  readonly rate: Rate
  readonly pageSize: number
  readonly sweepEveryMs: number
  readonly baseline: Baseline
}

/** What the use cases share. */
export interface Deps {
  readonly db: Db
  readonly log: Logger
  readonly accounts: ReadonlyMap<string, Account>
  /** 0 ≤ n < 1 */
  readonly random: () => number
  readonly newEventId: () => string
}

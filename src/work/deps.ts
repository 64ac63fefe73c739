import type { Logger } from 'pino'

import type { Meter } from '../metrics/meter.ts'
import type { Db } from '../store/db.ts'
import type { Account } from './account.ts'
import type { PlannerSeats } from './planner-seats.ts'

/** What the use cases share. */
export interface Deps {
  readonly db: Db
  readonly log: Logger
  readonly meter: Meter
  readonly accounts: ReadonlyMap<string, Account>
  readonly seats: PlannerSeats
  /** 0 ≤ n < 1 */
  readonly random: () => number
  readonly newEventId: () => string
}

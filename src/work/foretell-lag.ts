import type { Forecast } from '../domain/planner/forecast.ts'
import type { PlannerConfig } from '../domain/planner/types.ts'
import type { Db } from '../store/db.ts'
import { loadNow } from '../store/views.ts'
import { restorePlanner } from './restore-planner.ts'

/** What an account's budget gives for the migrations that live now. */
export interface Foretold {
  readonly config: PlannerConfig
  readonly live: number
  readonly forecast: Forecast
}

/** Reckoned from Postgres alone. Null where no daemon ever chose this account's requests by worth. */
export async function foretellLag(
  db: Db,
  account: string,
  change: Partial<PlannerConfig>,
): Promise<Foretold | null> {
  const restored = await restorePlanner(db, account, change)
  if (restored === null) return null
  const now = await loadNow(db)
  const { planner, config } = restored
  return { config, live: planner.liveCount(), forecast: planner.forecast(now.getTime()) }
}

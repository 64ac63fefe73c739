import { type AdaptivePlanner, createPlanner } from '../domain/planner/planner.ts'
import type { PlannerConfig } from '../domain/planner/types.ts'
import type { Db } from '../store/db.ts'
import { loadLive, loadPlanner } from '../store/planners.ts'

/** A planner as the daemon last saved it, to be asked and not to be used. */
export interface RestoredPlanner {
  readonly planner: AdaptivePlanner
  readonly config: PlannerConfig
}

/** Null where no daemon ever chose this account's requests by worth. `change`: what if it were configured otherwise. */
export async function restorePlanner(
  db: Db,
  account: string,
  change: Partial<PlannerConfig> = {},
): Promise<RestoredPlanner | null> {
  const stored = await loadPlanner(db, account)
  if (stored === null || stored.config === null) return null
  const config = { ...stored.config, ...change }
  const live = await loadLive(db, account)
  return { planner: createPlanner(config, stored.learned, live, Math.random), config }
}

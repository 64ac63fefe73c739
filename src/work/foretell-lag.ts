import type { Forecast, Lag } from '../domain/planner/forecast.ts'
import type { PlannerConfig } from '../domain/planner/types.ts'
import { loadNow } from '../store/clock.ts'
import type { Db } from '../store/db.ts'
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
  change: Partial<PlannerConfig> = {},
): Promise<Foretold | null> {
  const restored = await restorePlanner(db, account, change)
  if (restored === null) return null
  const now = await loadNow(db)
  const { planner, config } = restored
  return { config, live: planner.liveCount(), forecast: planner.forecast(now.getTime()) }
}

/** As commands and the API say it: times in seconds, shares from 0 to 1. */
export function toPlanJson({ config, live, forecast }: Foretold) {
  const { utilisation, requestsPerDay, requestsPerDayPerMigration, boundP50Ms, boundP99Ms, sweepMs } =
    forecast
  const { halfBudget, doubleBudget } = forecast
  return {
    requests_per_second: config.requestsPerSecond,
    lag_goal_seconds: config.lagGoalMs / 1000,
    live,
    ...lagJson(forecast),
    utilisation: figure(utilisation),
    requests_per_day: figure(requestsPerDay),
    requests_per_day_per_live: live === 0 ? null : figure(requestsPerDayPerMigration),
    bound_p50_seconds: figure(boundP50Ms / 1000),
    bound_p99_seconds: figure(boundP99Ms / 1000),
    sweep_seconds: figure(sweepMs / 1000),
    half_budget: lagJson(halfBudget),
    double_budget: lagJson(doubleBudget),
  }
}

const lagJson = ({ meanMs, p99Ms }: Lag) => ({
  mean_seconds: figure(meanMs / 1000),
  p99_seconds: figure(p99Ms / 1000),
})

/** JSON knows no infinity. */
const figure = (value: number) => (Number.isFinite(value) ? value : null)

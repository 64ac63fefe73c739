import type { saneLearned } from './learned.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createListMap, type ListMap } from './list-map.ts'
import { createLiveSet, type LiveSet } from './live-set.ts'
import { createLooks, type Looks, NO_LOOKS } from './looks.ts'
import { createSurvival, type Survival } from './survival.ts'
import { createSweepPace, type SweepPace } from './sweep-pace.ts'
import type { LiveMigration, PlannerConfig } from './types.ts'
import { CLASSES, createUrgency } from './urgency.ts'
import { createValuation, type Valuation } from './valuation.ts'

/** Longest time between two readings, per state (pending, running, needs input, unknown), in seconds. */
export const LIMITS_S = [1800, 1800, 3600, 1800]
/** Shortest time between two readings of a migration where a lag goal is met without. */
const FLOOR_S = 5

/** All that a planner knows of an account, kept together for those who learn it and those who use it. */
export interface Knowledge {
  readonly survival: Survival
  readonly set: LiveSet
  readonly urgency: ReturnType<typeof createUrgency>
  readonly map: ListMap
  readonly values: Valuation
  readonly looks: Looks
  readonly pace: SweepPace
  readonly ledger: Ledger
  /** Migrations that a page is expected to show, by page, while its answer is awaited. */
  readonly expected: Map<number, readonly string[]>
  /** Worth at which requests are made at present. */
  level: number
  /** Whether no sweep has come to its end yet. */
  baseline: boolean
  /** Time of the first tick. */
  beganAt: number
  /** Readings from here on are made as they will be made: the first sweep takes its share no longer. */
  steadyFrom: number
}

export function createKnowledge(
  config: PlannerConfig,
  learned: ReturnType<typeof saneLearned>,
  live: readonly LiveMigration[],
): Knowledge {
  const survival = createSurvival(learned.survival)
  const set = createLiveSet(survival, learned.resumedAt)
  for (const one of live) set.restore(one)
  const urgency = createUrgency(survival)
  urgency.refresh(CLASSES, set.resumedAt())
  const map = createListMap(set, config.pageSize, learned.map)
  const floor = Math.min(FLOOR_S, config.lagGoalMs / 3000)
  return {
    survival,
    set,
    urgency,
    map,
    values: createValuation(set, map, urgency, { limits: LIMITS_S, floor }),
    looks: config.hasList === false ? NO_LOOKS : createLooks(map, learned.survey),
    pace: createSweepPace(config, { surprise: learned.surprise, paid: learned.sweepPrice }, map.pages),
    ledger: createLedger(learned.ledger),
    expected: new Map(),
    level: learned.level,
    baseline: learned.baseline,
    beganAt: Number.NaN,
    steadyFrom: Number.NEGATIVE_INFINITY,
  }
}

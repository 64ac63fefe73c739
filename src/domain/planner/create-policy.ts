import { type AdaptivePlanner, createPlanner, type Learned } from './planner.ts'
import { backoff, createTimers, fixed30 } from './timers.ts'
import type { LiveMigration, Planner, PlannerConfig, PolicyName } from './types.ts'

export type Policy =
  | { readonly kind: 'adaptive'; readonly planner: AdaptivePlanner }
  | { readonly kind: 'backoff' | 'fixed'; readonly planner: Planner }

/** The planner that an account's configuration names. The simple ones begin with a sweep and keep nothing. */
export function createPolicy(
  name: PolicyName,
  config: PlannerConfig,
  learned: Learned | null,
  live: readonly LiveMigration[],
  random: () => number,
): Policy {
  if (name === 'adaptive') return { kind: name, planner: createPlanner(config, learned, live, random) }
  const terms = { firstSweep: true, sweepEveryMs: config.sweepEveryMs }
  const interval = name === 'fixed' ? fixed30 : backoff
  return { kind: name, planner: createTimers(interval, random, terms) }
}

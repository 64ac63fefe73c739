import { isTerminal } from '../phase.ts'
import type { FreshEnd } from '../walk.ts'
import type { PlannerConfig, Row, Sweep } from './types.ts'

/** How much of the budget the sweep under way may have. */
export interface SweepPace {
  /** Whether its page may be read now; pays what is lost by it, 1 where the page is worth nothing else. */
  take(now: number, sweep: Sweep, price: number): boolean
  /** Takes in a page, with what of it was unknown. */
  observe(page: number, rows: readonly Row[], unknown: readonly Row[], isFarFromNew: boolean): void
  share(baseline: boolean): number
  /** Seconds for a walk over all pages. */
  sweepTime(baseline: boolean): number
  /** The requests per second that may be made at present. */
  keepTo(requestsPerSecond: number): void
  surprise(): number
  /** Mean price of a page. */
  paid(): number
}

/**
 * Shares of the budget for sweeps. The first one has most of it: until it ends, what it has not met is not watched at
 * all, and it costs the same number of requests sooner or later. Later ones have what they need to end before the next
 * is due where the budget carries that with ease. Where it does not they have little, with a lag goal still less, and
 * more where they meet live migrations that nobody knew, which looks should have found.
 */
const BASELINE = 0.75
const LATER = { least: 0.05, polite: 0.03, most: 0.3, carried: 0.15 }
/** A sweep should end a little before the next one is due. */
const MARGIN = 1.2
/** A page that is worth reading anyway is not quite for nothing. */
const LEAST_PRICE = 0.1

export function createSweepPace(
  config: PlannerConfig,
  known: { readonly surprise: number; readonly paid: number },
  pages: () => number,
): SweepPace {
  let requestsPerSecond = config.requestsPerSecond
  let { surprise, paid } = known
  let credit = 1
  let creditAt = Number.NaN
  let asked: number | null = null
  let baseline = false

  function share(first: boolean): number {
    if (config.hasList === false) return 0
    if (first) return BASELINE
    const least = config.lagGoalMs > 0 ? LATER.polite : LATER.least
    const needed = (MARGIN * pages()) / ((config.sweepEveryMs / 1000) * requestsPerSecond)
    const carried = needed <= LATER.carried ? needed : 0
    return Math.min(LATER.most, Math.max(carried, least + surprise / 2))
  }

  return {
    take(now, sweep, price) {
      const passed = Number.isNaN(creditAt) ? 0 : Math.max(0, now - creditAt)
      baseline = sweep.baseline
      credit = Math.min(2, credit + passed * requestsPerSecond * share(baseline))
      creditAt = now
      if (sweep.page === null || credit < Math.max(LEAST_PRICE, price)) return false
      credit -= Math.max(LEAST_PRICE, price)
      paid += 0.02 * (Math.max(LEAST_PRICE, price) - paid)
      asked = sweep.page
      return true
    },
    observe(page, rows, unknown, isFarFromNew) {
      if (page !== asked) return
      asked = null
      if (rows.length === 0 || !isFarFromNew) return
      const met = !baseline && unknown.some((row) => !isTerminal(row.phase))
      surprise += 0.03 * (Number(met) - surprise)
    },
    share,
    sweepTime: (first) =>
      config.hasList === false ? 0 : pages() / (requestsPerSecond * Math.min(1, share(first) / paid)),
    keepTo(perSecond) {
      requestsPerSecond = perSecond
    },
    surprise: () => surprise,
    paid: () => paid,
  }
}

/** Whether looks could not have found what is new on a page. */
export function isFarFromNew(page: number, freshEnd: FreshEnd, lookPage: number): boolean {
  return freshEnd === 'first' ? page > 1 : freshEnd !== 'last' || page < lookPage - 1
}

import { isTerminal } from '../phase.ts'
import type { FreshEnd } from '../walk.ts'
import type { Row, Sweep } from './types.ts'

/** How much of the budget the sweep under way may have. */
export interface SweepPace {
  /** Whether its page may be read now; pays what is lost by it, 1 where the page is worth nothing else. */
  take(now: number, sweep: Sweep, price: number): boolean
  /** Takes in a page, with what of it was unknown. */
  observe(page: number, rows: readonly Row[], unknown: readonly Row[], isFarFromNew: boolean): void
  share(baseline: boolean): number
  /** Seconds for a walk over so many pages. */
  sweepTime(pages: number, baseline: boolean): number
  surprise(): number
}

/**
 * Shares of the budget for sweeps: while the first one finds live migrations, until it ends, and later: more where
 * sweeps meet live migrations that nobody knew, which looks should have found.
 */
const BASELINE_RICH = 0.75
const BASELINE = 0.75
const LATER = { least: 0.03, most: 0.3 }
/** Share of live rows on the last pages that makes a first sweep worth its hurry. */
const RICH = 0.03
const LEAST_PRICE = 0.1

export function createSweepPace(requestsPerSecond: number, known: number): SweepPace {
  let surprise = known
  let credit = 1
  let creditAt = Number.NaN
  /** Share of live rows on the last pages of the sweep. */
  let yields = 1
  let asked: number | null = null
  let baseline = false
  /** Mean price of a page. */
  let paid = 1

  function share(first: boolean): number {
    if (!first) return Math.min(LATER.most, LATER.least + surprise / 2)
    return yields > RICH ? BASELINE_RICH : BASELINE
  }

  return {
    take(now, sweep, price) {
      const passed = Number.isNaN(creditAt) ? 0 : Math.max(0, now - creditAt)
      baseline = sweep.baseline
      credit = Math.min(2, credit + passed * requestsPerSecond * share(baseline))
      creditAt = now
      if (sweep.page === 0) yields = 1
      if (sweep.page === null || credit < Math.max(LEAST_PRICE, price)) return false
      credit -= Math.max(LEAST_PRICE, price)
      paid += 0.02 * (Math.max(LEAST_PRICE, price) - paid)
      asked = sweep.page
      return true
    },
    observe(page, rows, unknown, isFarFromNew) {
      if (page !== asked) return
      asked = null
      if (rows.length === 0) return
      const alive = rows.filter((row) => !isTerminal(row.phase)).length
      yields += 0.1 * (alive / rows.length - yields)
      if (!isFarFromNew) return
      const met = !baseline && unknown.some((row) => !isTerminal(row.phase))
      surprise += 0.03 * (Number(met) - surprise)
    },
    share,
    sweepTime: (pages, first) => pages / (requestsPerSecond * Math.min(1, share(first) / paid)),
    surprise: () => surprise,
  }
}

/** Whether looks could not have found what is new on a page. */
export function isFarFromNew(page: number, freshEnd: FreshEnd, lookPage: number): boolean {
  return freshEnd === 'first' ? page > 1 : freshEnd !== 'last' || page < lookPage - 1
}

/**
 * How much a reading must be worth to be made. By Little's law the mean delay is the number of ends not yet seen over
 * the ends per second; the threshold rises while that is below the goal, and falls while it is above.
 */
export interface LagControl {
  adjust(now: number, hidden: number, endRate: number): void
  /** Least worth, in seconds; 0 where there is no goal, for then everything is spent. */
  threshold(): number
}

/**
 * Time in which the threshold may change by a factor of e: so long that so many ends make the mean that it follows. It
 * is the longest where few migrations live, for a mean is cheapest at one threshold for all, and moments of more lag
 * and of less even out.
 */
const paceFor = (goal: number, endRate: number) =>
  Math.min(600, 40 * goal, Math.max(4 * goal, ENDS / Math.max(1e-9, endRate)))
const ENDS = 30
/** Change of the threshold within that time at most, as a power of e. */
const MOST_STEP = 3
/** A longer pause teaches no more than this. */
const LONGEST_TICK_S = 60
const smoothingFor = (goal: number) => (goal > 0 ? Math.min(120, 8 * goal) : 120)
/** Aims below the goal, since few ends make a chancy mean. */
export const AIM = 0.76

/** Where the threshold begins: what a reading is worth after twice the goal, of a migration that ends within minutes. */
export const firstThreshold = (goal: number) => (goal / 15) ** 2

/** `known`: the threshold before a restart. */
export function createLagControl(goal: number, known: number): LagControl {
  const smooth = { hidden: 0, endRate: 0 }
  let threshold = goal > 0 ? known : 0
  let at = Number.NaN
  let watched = 0

  function follow(lag: number, passed: number): void {
    const step = Math.log((AIM * goal) / Math.max(0.01, lag))
    threshold *= Math.exp(
      (Math.max(-MOST_STEP, Math.min(MOST_STEP, step)) * passed) / paceFor(goal, smooth.endRate),
    )
    threshold = Math.min(1e4, Math.max(1e-6, threshold))
  }

  return {
    adjust(now, hidden, endRate) {
      const passed = Number.isNaN(at) ? 0 : Math.max(0, Math.min(LONGEST_TICK_S, now - at))
      at = now
      watched += passed
      const share = watched > 0 ? Math.min(1, passed / Math.min(smoothingFor(goal), watched)) : 1
      smooth.hidden += (hidden - smooth.hidden) * share
      smooth.endRate += (endRate - smooth.endRate) * share
      const lag = smooth.hidden / Math.max(1e-9, smooth.endRate)
      if (goal > 0) follow(lag, passed)
    },
    threshold: () => threshold,
  }
}

/**
 * How much a reading must be worth to be made. By Little's law the mean delay is the number of ends not yet seen over
 * the ends per second; the threshold rises while that is below the goal, and falls while it is above.
 */
export interface LagControl {
  adjust(now: number, hidden: number, endRate: number): void
  /** Least worth, in seconds; 0 where there is no goal, for then everything is spent. */
  threshold(): number
  /** Expected mean delay in seconds. */
  lag(): number
}

/** Time in which the threshold may change by a factor of e, and over which the delay is smoothed. */
const paceFor = (goal: number) => (goal > 0 ? Math.min(60, 4 * goal) : 60)
/** Aims below the goal, since few ends make a chancy mean. */
export const AIM = 0.75

/** Where the threshold begins: what a reading is worth after twice the goal, of a migration that ends within minutes. */
export const firstThreshold = (goal: number) => (goal / 15) ** 2

/** `known`: the threshold before a restart. */
export function createLagControl(goal: number, known: number): LagControl {
  let threshold = goal > 0 ? known : 0
  const pace = paceFor(goal)
  let lag = 0
  let at = Number.NaN
  return {
    adjust(now, hidden, endRate) {
      const passed = Number.isNaN(at) ? 0 : Math.max(0, Math.min(pace, now - at))
      at = now
      const current = hidden / Math.max(1e-9, endRate)
      lag += (current - lag) * Math.min(1, passed / pace)
      if (goal <= 0) return
      const step = Math.log((AIM * goal) / Math.max(0.01, lag))
      threshold *= Math.exp((Math.max(-1, Math.min(1, step)) * passed) / pace)
      threshold = Math.min(1e4, Math.max(1e-6, threshold))
    },
    threshold: () => threshold,
    lag: () => lag,
  }
}

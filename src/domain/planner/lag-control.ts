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

/** Time in which the threshold may change by a factor of e. */
const PACE_S = 60
/** Aims below the goal, since few ends make a chancy mean. */
export const AIM = 0.8
const SMOOTH_S = 60

/** `known`: the threshold before a restart. */
export function createLagControl(goal: number, known: number): LagControl {
  let threshold = goal > 0 ? known : 0
  let lag = 0
  const smooth = { hidden: 0, endRate: 0 }
  let at = Number.NaN
  return {
    adjust(now, hidden, endRate) {
      const passed = Number.isNaN(at) ? 0 : Math.max(0, Math.min(PACE_S, now - at))
      at = now
      const share = Math.min(1, passed / SMOOTH_S)
      smooth.hidden += (hidden - smooth.hidden) * share
      smooth.endRate += (endRate - smooth.endRate) * share
      lag = smooth.hidden / Math.max(1e-9, smooth.endRate)
      if (goal <= 0) return
      const step = Math.log((AIM * goal) / Math.max(0.01, lag))
      threshold *= Math.exp((Math.max(-1, Math.min(1, step)) * passed) / PACE_S)
      threshold = Math.min(1e4, Math.max(1e-3, threshold))
    },
    threshold: () => threshold,
    lag: () => lag,
  }
}

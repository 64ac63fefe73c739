/** How long rows of these tables are kept; null for ever. All others are kept for ever. */
export interface KeepMs {
  /** Deliveries, from the time on at which they arrived. */
  readonly deliveries: number | null
  /** Counts of requests by the hour. */
  readonly usage: number | null
}

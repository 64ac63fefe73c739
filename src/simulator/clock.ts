/** The world's time, in whole milliseconds from its start. */
export interface WorldClock {
  /** What `now` read at the start. The first question starts the clock. */
  epochMs(): number
  atMs(): number
  /** As if it had never been frozen. */
  unfrozenMs(): number
  freeze(): void
  isFrozen(): boolean
}

export function createWorldClock(now: () => number, knownEpochMs: number | null): WorldClock {
  let startedMs = knownEpochMs === null ? null : Math.floor(knownEpochMs)
  let frozenMs: number | null = null

  function epochMs(): number {
    startedMs ??= Math.floor(now())
    return startedMs
  }
  // The epoch first: it may be this very question that sets it.
  const unfrozenMs = () => -epochMs() + Math.floor(now())
  const atMs = () => frozenMs ?? unfrozenMs()
  const freeze = () => {
    frozenMs ??= unfrozenMs()
  }
  return { epochMs, atMs, unfrozenMs, freeze, isFrozen: () => frozenMs !== null }
}

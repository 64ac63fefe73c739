/** Wakes whoever waits for something new. */
export interface Bell {
  readonly ring: () => void
  /** Resolves at the next ring, after `ms`, or when the signal aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring: () => {
      for (const wake of waiting) wake()
    },
    next: async (ms, signal) => {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      const timer = setTimeout(wake, ms)
      waiting.add(wake)
      signal.addEventListener('abort', wake)
      await promise
      clearTimeout(timer)
      waiting.delete(wake)
      signal.removeEventListener('abort', wake)
    },
  }
}

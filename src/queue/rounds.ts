import { setTimeout as pause } from 'node:timers/promises'

/** Calls `work` every `everyMs` or when nudged, one call after the other. `work` must not reject. */
export interface Rounds {
  /** Settles when the first call has ended. */
  start(): Promise<void>
  nudge(): void
  /** Settles when the last call has ended. */
  stop(): Promise<void>
  isStopping(): boolean
}

export function createRounds(everyMs: number, work: () => Promise<void>): Rounds {
  const stopping = new AbortController()
  let nudged = Promise.withResolvers<void>()
  let first: Promise<void> | null = null
  let all: Promise<void> | null = null

  async function rest(): Promise<void> {
    const waiting = new AbortController()
    const signal = AbortSignal.any([stopping.signal, waiting.signal])
    await Promise.race([nudged.promise, pause(everyMs, undefined, { signal }).catch(() => {})])
    waiting.abort()
    nudged = Promise.withResolvers()
  }

  async function run(): Promise<void> {
    await first
    while (!stopping.signal.aborted) {
      await rest()
      if (!stopping.signal.aborted) await work()
    }
  }

  return {
    start: async () => {
      first ??= work()
      all ??= run()
      await first
    },
    nudge: () => nudged.resolve(),
    stop: async () => {
      stopping.abort()
      await all
    },
    isStopping: () => stopping.signal.aborted,
  }
}

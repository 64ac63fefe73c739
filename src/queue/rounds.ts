import { setTimeout as pause } from 'node:timers/promises'

/** Begins `work` every `everyMs` or when nudged, but never before its last call ended. `work` must not reject. */
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

  async function rest(ms: number): Promise<void> {
    const waiting = new AbortController()
    const signal = AbortSignal.any([stopping.signal, waiting.signal])
    await Promise.race([nudged.promise, pause(ms, undefined, { signal }).catch(() => {})])
    waiting.abort()
    nudged = Promise.withResolvers()
  }

  async function run(): Promise<void> {
    let current = work()
    first = current
    while (!stopping.signal.aborted) {
      const beganMs = performance.now()
      await current
      await rest(Math.max(0, everyMs - (performance.now() - beganMs)))
      if (!stopping.signal.aborted) current = work()
    }
    await current
  }

  return {
    start: async () => {
      if (stopping.signal.aborted) return
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

import { scheduleId } from './names.ts'
import type { Schedule } from './queue.ts'
import { endsWithin } from './within.ts'

/** Which schedules there should be, as far as this process knows. */
export interface Wish {
  /** Asked for here and not stored yet. */
  pending(): readonly Schedule[] | null
  /** What was stored when this process looked last, whoever stored it. */
  known(): readonly Schedule[] | null
  /** Whether it was stored within seconds; it is not forgotten if not. */
  ask(wanted: readonly Schedule[]): Promise<boolean>
  settle(stored: readonly Schedule[]): void
}

export function createWish(): Wish {
  let known: readonly Schedule[] | null = null
  let asked: { wanted: readonly Schedule[]; done: PromiseWithResolvers<void> } | null = null

  return {
    pending: () => asked?.wanted ?? null,
    known: () => known,
    ask: async (wanted) => {
      const single = [...new Map(wanted.map((schedule) => [scheduleId(schedule), schedule])).values()]
      // A newer wish replaces an older one, and whoever waits for the older one waits for the newer.
      const done = asked?.done ?? Promise.withResolvers<void>()
      asked = { wanted: single, done }
      return await endsWithin(5_000, done.promise)
    },
    settle: (stored) => {
      known = stored
      if (asked?.wanted !== stored) return
      asked.done.resolve()
      asked = null
    },
  }
}

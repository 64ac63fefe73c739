import { describe, expect, test, vi } from 'vitest'
import { inPlace, kinds } from './places.ts'
import { createTicks, spanOf } from './ticks.ts'

// Not concurrent: there is one clock.
describe.each(kinds)('schedules on %s', { timeout: 60_000 }, (kind) => {
  test(
    'neither fall silent nor burst when the clock is set, forth or back',
    inPlace(kind, async (place) => {
      const ticks = createTicks()
      const queue = await place.startQueue(ticks.handlers)
      await queue.setSchedules([{ account: 'acme', task: 'plan', everyMs: 300 }])
      await ticks.next('acme', 3)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
      // Set an hour forth, it goes on from there.
      const clock = setInterval(() => vi.setSystemTime(Date.now() + 20), 20)
      try {
        expect(spanOf(await ticks.next('acme', 8))).toBeGreaterThan(4 * 300)
      } finally {
        clearInterval(clock)
        vi.useRealTimers()
      }
      expect(spanOf(await ticks.next('acme', 8, 30_000))).toBeGreaterThan(4 * 300)
    }),
  )
})

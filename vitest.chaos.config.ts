import { defineConfig } from 'vitest/config'

const minutes = 60_000

export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    globalSetup: ['test/support/services.ts'],
    testTimeout: 20 * minutes,
    hookTimeout: 2 * minutes,
    // Each run wants the whole machine, and disturbs whatever runs beside it.
    fileParallelism: false,
  },
})

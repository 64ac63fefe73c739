import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Long runs against killed processes: `vitest run --config vitest.chaos.config.ts`.
    exclude: [...configDefaults.exclude, 'test/chaos/**'],
    globalSetup: ['test/support/skipped.ts', 'test/support/services.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Loading the modules anew for each file would be a quarter of the work. Tests leave nothing behind.
    isolate: false,
    // Tests that run side by side mostly wait.
    maxConcurrency: 4,
  },
})

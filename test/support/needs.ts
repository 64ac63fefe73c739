import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** What the machine must have for this test. */
    needs?: string
  }
}

/**
 * Options of tests that need `what` not every machine has: without it they are skipped, and the last line of the run names it.
 * `what` therefore says how to have it: "tmux (install tmux)".
 */
export function needs(what: string, isThere: boolean): TestOptions {
  return isThere ? {} : { skip: true, meta: { needs: what } }
}

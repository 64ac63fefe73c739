import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { Rate } from '../../src/store/budgets.ts'

/** What a spender is started with. */
export interface SpenderSetup {
  readonly url: string
  readonly account: string
  readonly rate: Rate
}

const script = fileURLToPath(new URL('spender-process.ts', import.meta.url))

/** A process that takes every token it can get, until it is stopped. */
export interface Spender {
  /** When it got which, so far. */
  readonly moments: readonly number[]
  /** Resolves when it is gone, and all of its moments are known. */
  stop(): Promise<void>
}

export function startSpender(setup: SpenderSetup): Spender {
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LANDFALL_TEST_SPENDER: JSON.stringify(setup) },
  })
  const moments: number[] = []
  const lines = createInterface({ input: child.stdout }).on('line', (line) => moments.push(Number(line)))
  const gone = once(lines, 'close')
  return {
    moments,
    stop: async () => {
      child.stdin.end()
      await gone
    },
  }
}

export interface Excess {
  readonly fromMs: number
  readonly toMs: number
  readonly granted: number
}

/** The first window that held more than it may, if any. */
export function findExcess(moments: readonly number[], rate: Rate): Excess | null {
  const sorted = moments.toSorted((a, b) => a - b)
  for (const [first, fromMs] of sorted.entries()) {
    for (let last = first; last < sorted.length; last += 1) {
      const toMs = sorted[last] ?? fromMs
      const granted = last - first + 1
      // Times are cut to whole milliseconds, so that a window may seem one shorter than it was.
      if (granted > rate.burst + (rate.requestsPerSecond * (toMs - fromMs + 1)) / 1000 + 1e-6) {
        return { fromMs, toMs, granted }
      }
    }
  }
  return null
}

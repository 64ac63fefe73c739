import type { JobHandlers } from '../../src/queue/queue.ts'
import { waitFor } from '../support/wait-for.ts'

export interface Tick {
  readonly task: 'plan' | 'sweep'
  readonly account: string
  readonly atMs: number
}

/** Handlers for schedules that note when they are called, in however many queues they are used. */
export function createTicks() {
  const all: Tick[] = []
  const record = (task: Tick['task']) => async (account: string) => {
    all.push({ task, account, atMs: performance.now() })
  }
  const handlers = { plan: record('plan'), sweep: record('sweep') } satisfies JobHandlers

  /** When the next `count` ticks of an account came. */
  async function next(account: string, count: number, timeoutMs = 20_000): Promise<number[]> {
    const from = all.length
    const later = () => all.slice(from).filter((tick) => tick.account === account)
    await waitFor(() => later().length >= count, { what: `${count} ticks of ${account}`, timeoutMs })
    return later().map((tick) => tick.atMs)
  }

  return { all, handlers, next }
}

export function spanOf(timesMs: readonly number[]): number {
  return (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)
}

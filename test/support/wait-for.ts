import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

export interface WaitOptions {
  /** What is awaited, for the error: "the second delivery". */
  readonly what: string
  readonly timeoutMs?: number
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>

/** At most so many a second, as a delay grows to 100 ms; an idle machine makes more than half of them. */
const CHECKS_PER_SECOND = 10

/**
 * Asks every 20 ms, and less often the longer it takes, until the answer is truthy, and returns it. A check that throws has not
 * come true yet. On a slow machine, on which checks take longer, it also waits longer than `timeoutMs`.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  { what, timeoutMs = 10_000 }: WaitOptions,
): Promise<Truthy<T>> {
  const began = Date.now()
  const deadline = began + timeoutMs
  const leastChecks = (timeoutMs / 1_000) * (CHECKS_PER_SECOND / 2)
  for (let checks = 1; ; checks += 1) {
    const last = await attempt(check)
    if ('value' in last && last.value) return last.value as Truthy<T>
    if (Date.now() > deadline && checks >= leastChecks) {
      const seen = 'value' in last ? inspect(last.value, { depth: 4 }) : `it threw ${inspect(last.err)}`
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}; last: ${seen}`)
    }
    await delay(Math.min(100, 20 + (Date.now() - began) / 50))
  }
}

async function attempt<T>(check: () => T | Promise<T>): Promise<{ value: T } | { err: unknown }> {
  try {
    return { value: await check() }
  } catch (err) {
    return { err }
  }
}

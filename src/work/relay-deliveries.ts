import { setTimeout as delay } from 'node:timers/promises'

import type { Logger } from 'pino'

import type { Service } from '../runtime/service.ts'
import type { Db } from '../store/db.ts'
import { claimDueDeliveries, type DueDelivery } from '../store/deliveries.ts'
import { alignDeliveries } from '../store/hooks.ts'

export interface RelayDeps {
  readonly db: Db
  readonly log: Logger
  /** The names of those that this process can send to, as of now. */
  readonly hooks: () => readonly string[]
  readonly enqueue: (claims: readonly DueDelivery[]) => Promise<void>
}

/** What is due is looked for this often, even where every ring was lost. */
const LOOK_EVERY_MS = 1_000
const GATHER_MS = 5
const ALIGN_EVERY_MS = 5_000

export interface Relay extends Service {
  /** There may be something to deliver. */
  readonly wake: () => void
}

/** Hands due deliveries to the queue: at once when woken, and by itself every second. */
export function createRelay(deps: RelayDeps): Relay {
  let stopped = true
  let rung = false
  let ring = () => {}
  let loop: Promise<void> = Promise.resolve()

  function wake(): void {
    rung = true
    ring()
  }

  async function waitForRing(): Promise<void> {
    if (rung || stopped) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, LOOK_EVERY_MS)
    ring = resolve
    await promise
    clearTimeout(timer)
  }

  async function run(): Promise<void> {
    let alignAt = 0
    while (!stopped) {
      rung = false
      const isTimeToAlign = performance.now() >= alignAt
      if (isTimeToAlign) alignAt = performance.now() + ALIGN_EVERY_MS
      const relayed = await relayOnce(isTimeToAlign).catch((err: unknown) => {
        deps.log.warn({ err }, 'relay.failed')
        return 0
      })
      if (relayed === 0) await waitForRing()
      // Attempts that end at about the same time are followed up together.
      else await delay(GATHER_MS)
    }
  }

  async function relayOnce(isTimeToAlign: boolean): Promise<number> {
    if (isTimeToAlign) await alignDeliveries(deps.db)
    return relayDeliveries(deps)
  }

  async function start(): Promise<void> {
    stopped = false
    loop = run()
  }

  async function stop(): Promise<void> {
    stopped = true
    ring()
    await loop
  }

  return { name: 'relay', start, stop, wake }
}

/** One round: claims what is due and queues it. Returns how many deliveries that were. */
async function relayDeliveries(deps: RelayDeps): Promise<number> {
  const claims = await claimDueDeliveries(deps.db, deps.hooks())
  if (claims.length > 0) await deps.enqueue(claims)
  return claims.length
}

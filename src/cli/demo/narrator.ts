import type { LivePhase } from '../../domain/phase.ts'
import type { ChangeRow } from '../../store/changes.ts'
import type { Db } from '../../store/db.ts'
import { countLive, countRequests } from '../../store/views/accounts.ts'
import type { Display } from './display.ts'
import { ACCOUNT, BUDGET } from './parts.ts'
import type { Received } from './receiver.ts'
import { createTally, type Standing } from './tally.ts'

/** Puts what happens into an order that makes sense to a reader. */
export interface Narrator {
  see(changes: readonly ChangeRow[]): void
  hear(received: Received): void
  /** Learns where the work stands. */
  count(db: Db): Promise<void>
  sumUp(db: Db): Promise<void>
  /** The last words. */
  finish(): void
}

export function createNarrator(display: Display): Narrator {
  const startedAtMs = performance.now()
  const tally = createTally()
  const landed = new Set<string>()
  /** Webhooks that were faster than the news of what they are about. */
  let early: Received[] = []
  let standing: Standing = { live: new Map(), requests: 0, allowed: 0 }

  function see(changes: readonly ChangeRow[]): void {
    const told = changes.map((change) => ({ change, kind: tally.addChange(change) }))
    const ended = told.filter(({ kind }) => kind === 'found_ended')
    if (ended.length > 0) display.foundEnded(ended.map(({ change }) => change))
    for (const { change, kind } of told) {
      if (kind !== 'found_ended') display.change(kind, change)
      if (kind === 'landed') landed.add(change.migration_id)
    }
    const waiting = early
    early = []
    for (const received of waiting) tell(received)
  }

  function hear(received: Received): void {
    tally.addWebhook(received)
    tell(received)
  }

  function tell(received: Received): void {
    if (landed.has(received.migrationId)) display.webhook(received)
    else early.push(received)
  }

  async function count(db: Db): Promise<void> {
    const live = (await countLive(db)) as ReadonlyMap<LivePhase, number>
    const { sent } = await countRequests(db, ACCOUNT)
    const seconds = (performance.now() - startedAtMs) / 1000
    standing = {
      live,
      requests: sent,
      allowed: Math.floor(BUDGET.burst + BUDGET.requestsPerSecond * seconds),
    }
  }

  async function sumUp(db: Db): Promise<void> {
    await count(db)
    display.summary(tally.read(), standing)
  }

  function finish(): void {
    for (const received of early) display.webhook(received)
    display.stopped(tally.read(), standing, performance.now() - startedAtMs)
  }

  return { see, hear, count, sumUp, finish }
}

import { setTimeout as delay } from 'node:timers/promises'

import type { Logger } from 'pino'

import { type ChangeCursor, type ChangeRow, listChanges } from '../store/changes.ts'
import type { Db } from '../store/db.ts'
import { DELIVERIES_CHANNEL } from '../store/events.ts'
import { listenTo } from '../store/notifications.ts'
import { isUnreachable } from './describe-failure.ts'

export interface Following {
  readonly db: Db
  readonly databaseUrl: string
  readonly log: Logger
  readonly signal: AbortSignal
  /** Tells that the database is away for the moment, and that it is back. */
  readonly onOutage: (isAway: boolean) => void
}

/** Rings can be lost. */
const LOOK_EVERY_MS = 1_000
/** On a busy database they come all the time. */
const GAP_MS = 200
/** A database that restarts is back before. */
const PATIENCE_MS = 60_000

/** Yields at once, and again whenever something may have been recorded, until the signal. */
export async function* rings({
  databaseUrl,
  log,
  signal,
}: Omit<Following, 'db' | 'onOutage'>): AsyncGenerator<void> {
  let next = Promise.withResolvers<void>()
  const ring = () => next.resolve()
  const timer = setInterval(ring, LOOK_EVERY_MS)
  const listening = listenTo(databaseUrl, DELIVERIES_CHANNEL, ring, log)
  signal.addEventListener('abort', ring)
  try {
    await listening.start()
    while (!signal.aborted) {
      yield
      await delay(GAP_MS, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await next.promise
      next = Promise.withResolvers()
    }
  } finally {
    clearInterval(timer)
    signal.removeEventListener('abort', ring)
    await listening.stop()
  }
}

/** What is recorded from the cursor on, each transition once, until the signal. */
export async function* followChanges(following: Following, since: ChangeCursor): AsyncGenerator<ChangeRow[]> {
  let cursor = since
  for await (const _ of rings(following)) {
    const news = await persistently(following, () => listChanges(following.db, cursor))
    if (news === null) return
    cursor = news.cursor
    if (news.changes.length > 0) yield news.changes
  }
}

/** Tries again while the database is away, for a while; null once the signal says stop. */
export async function persistently<T>(
  { signal, onOutage }: Pick<Following, 'signal' | 'onOutage'>,
  work: () => Promise<T>,
): Promise<T | null> {
  let awaySinceMs: number | null = null
  while (!signal.aborted) {
    try {
      const result = await work()
      if (awaySinceMs !== null) onOutage(false)
      return result
    } catch (err) {
      if (!isUnreachable(err)) throw err
      if (awaySinceMs === null) onOutage(true)
      awaySinceMs ??= performance.now()
      if (performance.now() - awaySinceMs > PATIENCE_MS) throw err
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }
  return null
}

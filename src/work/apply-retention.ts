import { setTimeout as pause } from 'node:timers/promises'

import type { KeepMs } from '../domain/keep.ts'
import { type RemoveBatch, removeAlone } from '../store/retention.ts'
import type { Deps } from './deps.ts'

export interface Limits {
  readonly batchRows: number
  /** The next run goes on where this one ends. It is short, as a process that stops waits for it. */
  readonly runMs: number
}

const LIMITS: Limits = { batchRows: 1_000, runMs: 10_000 }

export interface Retention {
  readonly deliveries: number
  readonly usage: number
  readonly statements: number
  /** There was more than time for it. */
  readonly isCutShort: boolean
}

/**
 * Removes what is older than it is to be kept, in small batches, each its own transaction: nothing waits for long, and a
 * process that dies has removed what it has removed. After each batch it rests for as long as that took, so that a busy
 * database gets more rest. Null where another process is at it.
 */
export async function applyRetention(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  keepMs: KeepMs,
  limits: Limits = LIMITS,
): Promise<Retention | null> {
  const startMs = performance.now()
  const isTimeLeft = () => performance.now() - startMs < limits.runMs
  const done = await removeAlone(db, async (removal) => {
    const deliveries = await removeAll(removal.deliveries, keepMs.deliveries, limits.batchRows, isTimeLeft)
    const usage = await removeAll(removal.usage, keepMs.usage, limits.batchRows, isTimeLeft)
    return {
      deliveries: deliveries.rows,
      usage: usage.rows,
      statements: deliveries.statements + usage.statements,
      isCutShort: deliveries.isCutShort || usage.isCutShort,
    }
  })
  if (done === null) return null
  const level = done.deliveries + done.usage > 0 ? 'info' : 'debug'
  log[level]({ ...done, ms: Math.round(performance.now() - startMs) }, 'retention.applied')
  return done
}

async function removeAll(
  remove: RemoveBatch,
  keepMs: number | null,
  batchRows: number,
  isTimeLeft: () => boolean,
): Promise<{ rows: number; statements: number; isCutShort: boolean }> {
  const all = { rows: 0, statements: 0, isCutShort: false }
  if (keepMs === null) return all
  let from: Date | null = null
  for (;;) {
    if (!isTimeLeft()) return { ...all, isCutShort: true }
    const beganMs = performance.now()
    const { rows, reached } = await remove(keepMs, from, batchRows)
    all.rows += rows
    all.statements += 1
    if (rows < batchRows) return all
    // Behind what is gone: the index still holds it until the next vacuum.
    from = reached
    await pause(performance.now() - beganMs)
  }
}

import { isTerminal, type Phase } from '../../src/domain/phase.ts'
import { seenOf } from '../../src/domain/planner/page-seen.ts'
import type { Answer, PlannedRequest, Planner, Row } from '../../src/domain/planner/types.ts'
import {
  type FreshEnd,
  freshEndOf,
  nextStep,
  startLook,
  startSweep,
  type Walk,
} from '../../src/domain/walk.ts'
import { createDueQueue } from './due-queue.ts'

const LOOK_EVERY_MS = 30_000

interface Tracked {
  phase: Phase
  intervalMs: number
  dueMs: number
}

/** How long a migration waits after a reading; the last wait is 0 after a change. */
export type NextInterval = (lastMs: number, random: () => number) => { waitMs: number; keepMs: number }

export const fixed30: NextInterval = () => ({ waitMs: 30_000, keepMs: 30_000 })

/** 5 s, doubled to 15 min, ±20 %. */
export const backoff: NextInterval = (lastMs, random) => {
  const keepMs = lastMs === 0 ? 5_000 : Math.min(900_000, 2 * lastMs)
  return { waitMs: keepMs * (0.8 + 0.4 * random()), keepMs }
}

/**
 * The simple policies: a timer for each migration, the oldest due first, and page 1 every 30 s for new ones. With
 * `sweepsFirst` they begin with one sweep at full speed, and look on behind page 1 while all there is new.
 */
export function createTimers(next: NextInterval, random: () => number, sweepsFirst: boolean): Planner {
  const known = new Set<string>()
  /** What the look under way brought: a row that drifts down to its next page is no old acquaintance. */
  const fresh = new Set<string>()
  const live = new Map<string, Tracked>()
  const queue = createDueQueue()
  let sweep: Walk | null = sweepsFirst ? startSweep('down', 0) : null
  let look: Walk | null = null
  let lookDueMs = sweepsFirst ? LOOK_EVERY_MS : 0
  let freshEnd: FreshEnd = 'first'
  let lastPage = 0

  function take(row: Row, atMs: number, own: boolean): void {
    known.add(row.id)
    if (isTerminal(row.phase)) {
      live.delete(row.id)
      return
    }
    const before = live.get(row.id)
    const changed = before === undefined || before.phase !== row.phase
    if (!own && !changed) return
    const { waitMs, keepMs } = next(changed ? 0 : before.intervalMs, random)
    live.set(row.id, { phase: row.phase, intervalMs: keepMs, dueMs: atMs + waitMs })
    queue.push(atMs + waitMs, row.id)
  }

  function dueId(nowMs: number): string | null {
    for (let head = queue.peek(); head !== undefined && head.dueMs <= nowMs; head = queue.peek()) {
      queue.pop()
      if (live.get(head.id)?.dueMs === head.dueMs) return head.id
    }
    return null
  }

  function walkOn(answer: Extract<Answer, { kind: 'list' }>, mostlyNew: boolean): void {
    const walk = look ?? sweep
    if (walk === null) return
    const step = nextStep(walk, seenOf(answer, mostlyNew))
    const going = step.kind === 'complete' ? null : step.walk
    if (look === null && going === null) freshEnd = freshEndOf(step.walk)
    lastPage = Math.max(lastPage, step.walk.lastPage)
    if (look === null) sweep = going
    else look = sweepsFirst ? going : null
  }

  function beginWalks(nowMs: number): void {
    if (look === null && sweep === null && nowMs >= lookDueMs) {
      look = startLook(freshEnd, lastPage)
      lookDueMs = nowMs + LOOK_EVERY_MS
      fresh.clear()
    }
  }

  function nextPage(): PlannedRequest | null {
    const walk = look ?? sweep
    return walk && { kind: 'list', page: walk.page, reason: look === null ? 'sweep' : 'look' }
  }

  function nextPoll(nowMs: number): PlannedRequest | null {
    const id = dueId(nowMs)
    return id === null ? null : { kind: 'get', id, reason: 'value' }
  }

  return {
    choose(nowMs, tokens): PlannedRequest[] {
      if (tokens <= 0) return []
      beginWalks(nowMs)
      const request = nextPage() ?? nextPoll(nowMs)
      return request === null ? [] : [request]
    },
    observe(answer) {
      if (answer.kind === 'get') {
        if (answer.row !== null) take(answer.row, answer.atMs, true)
        return
      }
      const mostlyNew = answer.rows.every((row) => !known.has(row.id) || fresh.has(row.id))
      for (const row of answer.rows) if (!known.has(row.id)) fresh.add(row.id)
      for (const row of answer.rows) take(row, answer.atMs, false)
      walkOn(answer, mostlyNew)
    },
  }
}

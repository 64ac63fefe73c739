import { isTerminal, type Phase } from '../../src/domain/phase.ts'
import type { Answer, PlannedRequest, Planner, Row } from '../../src/domain/planner/types.ts'
import {
  type FreshEnd,
  freshEndOf,
  nextStep,
  type PageSeen,
  startLook,
  startSweep,
  type Walk,
} from '../../src/domain/walk.ts'

const LOOK_EVERY_MS = 30_000

/** Sweeps the list without end. */
export function createSweeper(): Planner {
  let walk = startSweep('down', 0)
  return {
    choose: (_nowMs, tokens) => (tokens > 0 ? [{ kind: 'list', page: walk.page, reason: 'sweep' }] : []),
    observe(answer) {
      if (answer.kind !== 'list') return
      const step = nextStep(walk, seenOf(answer, false))
      walk = step.kind === 'complete' ? startSweep('down', 0) : step.walk
    },
  }
}

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
 * A timer for each migration, the oldest due first. Begins with one sweep at full speed, which shows what is there,
 * and then looks for new migrations every 30 s.
 */
export function createTimers(next: NextInterval, random: () => number): Planner {
  const known = new Set<string>()
  /** What the look under way brought: a row that drifts down to its next page is no old acquaintance. */
  const fresh = new Set<string>()
  const live = new Map<string, Tracked>()
  const queue = createQueue()
  let sweep: Walk | null = startSweep('down', 0)
  let look: Walk | null = null
  let lookDueMs = LOOK_EVERY_MS
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

  function walkOn(answer: Extract<Answer, { kind: 'list' }>, allNew: boolean): void {
    const walk = look ?? sweep
    if (walk === null) return
    const step = nextStep(walk, seenOf(answer, allNew))
    const going = step.kind === 'complete' ? null : step.walk
    if (look === null && going === null) freshEnd = freshEndOf(step.walk)
    lastPage = Math.max(lastPage, step.walk.lastPage)
    if (look === null) sweep = going
    else look = going
  }

  return {
    choose(nowMs, tokens): PlannedRequest[] {
      if (tokens <= 0) return []
      if (look === null && sweep === null && nowMs >= lookDueMs) {
        look = startLook(freshEnd, lastPage)
        fresh.clear()
        lookDueMs = nowMs + LOOK_EVERY_MS
      }
      const walk = look ?? sweep
      if (walk !== null) return [{ kind: 'list', page: walk.page, reason: look === null ? 'sweep' : 'look' }]
      const id = dueId(nowMs)
      return id === null ? [] : [{ kind: 'get', id, reason: 'value' }]
    },
    observe(answer) {
      if (answer.kind === 'get') {
        if (answer.row !== null) take(answer.row, answer.atMs, true)
        return
      }
      const allNew = answer.rows.every((row) => !known.has(row.id) || fresh.has(row.id))
      for (const row of answer.rows) if (!known.has(row.id)) fresh.add(row.id)
      for (const row of answer.rows) take(row, answer.atMs, false)
      walkOn(answer, allNew)
    },
  }
}

function seenOf(answer: Extract<Answer, { kind: 'list' }>, allNew: boolean): PageSeen {
  const times = answer.rows.map((row) => row.createdAtMs ?? 0)
  const text = (ms: number) => new Date(ms).toISOString()
  const created = times.length === 0 ? null : { min: text(Math.min(...times)), max: text(Math.max(...times)) }
  const { page, rows, hasMore } = answer
  return { page, size: rows.length, ids: rows.map((row) => row.id), created, hasMore, allNew }
}

interface Due {
  readonly dueMs: number
  readonly id: string
}

/** A binary heap, the oldest due first. */
function createQueue() {
  const heap: Due[] = []
  const at = (index: number) => heap[index] as Due
  const swap = (a: number, b: number) => {
    const one = at(a)
    heap[a] = at(b)
    heap[b] = one
  }
  return {
    peek: (): Due | undefined => heap[0],
    push(dueMs: number, id: string) {
      let index = heap.push({ dueMs, id }) - 1
      while (index > 0 && at(index).dueMs < at((index - 1) >> 1).dueMs) {
        swap(index, (index - 1) >> 1)
        index = (index - 1) >> 1
      }
    },
    pop() {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      heap[0] = last
      for (let index = 0; ; ) {
        let least = index
        for (const child of [2 * index + 1, 2 * index + 2]) {
          if (child < heap.length && at(child).dueMs < at(least).dueMs) least = child
        }
        if (least === index) return
        swap(index, least)
        index = least
      }
    },
  }
}

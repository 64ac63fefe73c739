import { isTerminal, type Phase } from '../phase.ts'
import { ENDED, NEEDS_INPUT, PENDING, RUNNING, type Survival, UNKNOWN } from './survival.ts'
import type { LiveMigration } from './types.ts'
import { classOf } from './urgency.ts'

/**
 * The migrations that have not ended, as columns: one pass over 50,000 of them must take about a millisecond. Slots
 * move when one ends, so they are good until the next observation. Times in seconds.
 */
export interface LiveSet {
  readonly columns: Columns
  size(): number
  slotOf(id: string): number | undefined
  idAt(slot: number): string
  /** Takes in a status that an answer showed; says whether it ended, began or only stayed. */
  observe(id: string, phase: Phase, created: number | null, now: number): 'ended' | 'began' | 'stayed' | 'old'
  /** Puts back what was known before a restart. */
  restore(known: LiveMigration): void
  forget(id: string): void
  /** The clock went back: nothing was read later than now. */
  rewind(now: number): void
  /** Mean age at which migrations came back to running. */
  resumedAt(): number
}

interface Columns {
  state: Uint8Array
  /** When the phase began, as if without interruption. */
  since: Float64Array
  readAt: Float64Array
  /** A request that shows it is under way since then. */
  claimedAt: Float64Array
  klass: Uint16Array
  /** Place in the list, counted so that it stays when rows are added; NaN where unknown. */
  coord: Float64Array
  /** Belief in that place. */
  trust: Float32Array
  /** Seconds it ran before its present phase. */
  ran: Float64Array
}

const NEVER = Number.NEGATIVE_INFINITY
/** A change from waiting to an end within so many seconds had no time to run unseen. */
const DIRECT_S = 10
/** Mean age at which migrations come back to running, before anything is known. */
export const RESUMED_S = 600

function stateOf(phase: Phase): number {
  if (phase === 'pending') return PENDING
  if (phase === 'running') return RUNNING
  if (phase === 'needs_input') return NEEDS_INPUT
  return isTerminal(phase) ? ENDED : UNKNOWN
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions around state that only they share
export function createLiveSet(survival: Survival, knownResumedAt: number): LiveSet {
  let columns = createColumns(1024)
  const ids: string[] = []
  const slots = new Map<string, number>()
  let resumedAt = knownResumedAt

  function add(id: string, state: number, since: number, readAt: number): void {
    const slot = ids.length
    if (slot === columns.state.length) columns = grow(columns)
    ids.push(id)
    slots.set(id, slot)
    const { claimedAt, coord, trust, ran } = columns
    claimedAt[slot] = NEVER
    coord[slot] = Number.NaN
    trust[slot] = 0
    ran[slot] = 0
    enter(slot, state, since, readAt)
  }

  function enter(slot: number, state: number, since: number, now: number): void {
    columns.state[slot] = state
    columns.since[slot] = since
    touch(slot, now)
  }

  function touch(slot: number, now: number): void {
    columns.readAt[slot] = now
    columns.claimedAt[slot] = NEVER
    columns.klass[slot] = classOf(columns.state[slot] ?? 0, now - (columns.since[slot] ?? now))
  }

  function remove(slot: number): void {
    const last = ids.length - 1
    const id = ids[slot] as string
    const moved = ids[last] as string
    for (const column of Object.values(columns)) column[slot] = column[last]
    ids[slot] = moved
    slots.set(moved, slot)
    slots.delete(id)
    ids.pop()
  }

  /** It left its phase at some moment between the last reading and this one. */
  function change(slot: number, state: number, now: number): void {
    const from = columns.state[slot] ?? 0
    const since = columns.since[slot] ?? now
    const readAt = columns.readAt[slot] ?? now
    const gap = now - readAt
    const hidden = from === PENDING && state === ENDED && gap > DIRECT_S
    const at = readAt + gap / (hidden ? 3 : 2)
    survival.addTime(from, readAt - since, at - since)
    survival.addChange(from, hidden ? RUNNING : state, at - since)
    if (hidden) {
      survival.addTime(RUNNING, 0, gap / 3)
      survival.addChange(RUNNING, ENDED, gap / 3)
    }
    if (from === RUNNING) columns.ran[slot] = at - since
    if (state !== ENDED) enter(slot, state, at - ranBefore(slot, state), now)
  }

  /** A migration that comes back to running goes on at the age at which it stopped. */
  function ranBefore(slot: number, state: number): number {
    const ran = state === RUNNING ? (columns.ran[slot] ?? 0) : 0
    if (ran > 0) resumedAt += 0.05 * (ran - resumedAt)
    return ran
  }

  return {
    get columns() {
      return columns
    },
    size: () => ids.length,
    slotOf: (id) => slots.get(id),
    idAt: (slot) => ids[slot] as string,
    observe(id, phase, created, now) {
      const state = stateOf(phase)
      const slot = slots.get(id)
      if (slot === undefined) {
        if (state === ENDED) return 'old'
        add(id, state, firstSince(state, created, now), now)
        return 'began'
      }
      if (now < (columns.readAt[slot] ?? now)) return 'stayed'
      if (columns.state[slot] !== state) {
        change(slot, state, now)
        if (state !== ENDED) return 'stayed'
        remove(slot)
        return 'ended'
      }
      const since = columns.since[slot] ?? now
      survival.addTime(state, (columns.readAt[slot] ?? now) - since, now - since)
      touch(slot, now)
      return 'stayed'
    },
    restore({ id, phase, statusSinceMs, lastObservedAtMs }) {
      if (!slots.has(id)) add(id, stateOf(phase), statusSinceMs / 1000, lastObservedAtMs / 1000)
    },
    forget(id) {
      const slot = slots.get(id)
      if (slot !== undefined) remove(slot)
    },
    rewind(now) {
      const { readAt, since, claimedAt } = columns
      for (let slot = 0; slot < ids.length; slot += 1) {
        if (!((readAt[slot] ?? 0) <= now)) readAt[slot] = now
        if (!((since[slot] ?? 0) <= now)) since[slot] = now
        claimedAt[slot] = NEVER
      }
    },
    resumedAt: () => resumedAt,
  }
}

/** When the phase of a migration seen for the first time began: nobody saw it. */
function firstSince(state: number, created: number | null, now: number): number {
  const age = created === null ? 0 : Math.max(0, now - created)
  if (state === PENDING) return now - age
  if (state === RUNNING) return now - Math.max(age / 2, age - 60)
  return now - age / 2
}

function createColumns(size: number): Columns {
  return {
    state: new Uint8Array(size),
    since: new Float64Array(size),
    readAt: new Float64Array(size),
    claimedAt: new Float64Array(size),
    klass: new Uint16Array(size),
    coord: new Float64Array(size),
    trust: new Float32Array(size),
    ran: new Float64Array(size),
  }
}

function grow(old: Columns): Columns {
  const wider = createColumns(old.state.length * 2)
  for (const key of Object.keys(old) as (keyof Columns)[]) wider[key].set(old[key])
  return wider
}

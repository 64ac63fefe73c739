import type { Phase } from '../../src/domain/phase.ts'
import type { Observation, Via } from '../../src/domain/reading.ts'
import { decideRecording, type Recording, type Stored } from '../../src/domain/recording.ts'

/** Statuses and their phases, as a provider might spell them. */
export const VOCABULARY = {
  NOT_READY: 'pending',
  NOT_STARTED: 'pending',
  WORKING: 'running',
  PENDING_USER_INPUT: 'needs_input',
  SHINY_AND_NEW: 'unknown',
  COMPLETE: 'succeeded',
  COMPLETED_WITH_FAILURES: 'partial',
  FAILED: 'failed',
  LOGIN_ABANDONED: 'abandoned',
} as const satisfies Record<string, Phase>

export type Status = keyof typeof VOCABULARY
export const STATUSES = Object.keys(VOCABULARY) as Status[]

const START = Date.parse('2026-03-04T09:00:00Z')
export const at = (ms: number) => new Date(START + ms)
/** Time since the start; null stays null. */
export const since = (date: Date | null) => (date === null ? null : date.getTime() - START)

/** A reading whose request was sent at `sentMs` and answered `tookMs` later. */
export function observe(via: Via, status: Status, sentMs: number, tookMs = 0): Observation {
  return {
    migrationId: 'm1',
    status,
    phase: VOCABULARY[status],
    createdAt: null,
    companyId: null,
    createdByUserId: null,
    attributes: {},
    via,
    requestedAt: at(sentMs),
    receivedAt: at(sentMs + tookMs),
  }
}

/** One migration as the daemon stores it, fed with observations one after another. */
export class Ledger {
  stored: Stored | null = null
  nextPollAt: Date | null = null
  readonly recorded: string[] = []
  readonly events: string[] = []
  readonly #context: { readonly silent: boolean; readonly policy: 'backoff'; readonly jitter: number }

  constructor(silent = false, jitter = 0.5) {
    this.#context = { silent, policy: 'backoff', jitter }
  }

  see(seen: Observation): Recording {
    const recording = decideRecording(this.stored, seen, this.#context)
    const { verdict, events, furthest, statusSince, finishedAt, rechecks, nextPollAt } = recording
    this.events.push(...events)
    if (verdict === 'discovered' || verdict === 'changed') this.recorded.push(seen.status)
    const { contradiction } = recording
    if (this.stored !== null && contradiction !== null) {
      this.stored = { ...this.stored, contradictedAt: contradiction.since }
      this.nextPollAt = contradiction.confirmAt
    }
    if (verdict === 'stale' || verdict === 'doubtful') return recording
    const { status, phase, requestedAt, receivedAt: lastObservedAt } = seen
    const lastGetAt = seen.via === 'get' ? lastObservedAt : (this.stored?.lastGetAt ?? null)
    const wasFalse = this.stored !== null && this.stored.contradictedAt !== null && verdict === 'unchanged'
    const doubts = { contradictedAt: null, falseDoubts: wasFalse ? (this.stored?.falseDoubts ?? 0) + 1 : 0 }
    const decided = { furthest, statusSince, finishedAt, rechecks, lastGetAt, ...doubts }
    this.stored = { status, phase, requestedAt, lastObservedAt, vanishedAt: null, ...decided }
    this.nextPollAt = nextPollAt
    return recording
  }
}

import type { Lag } from '../domain/planner/forecast.ts'
import { type AdaptivePlanner, createPlanner } from '../domain/planner/planner.ts'
import { type RequestTarget, requestKey } from '../domain/planner/types.ts'
import type { Tx } from '../store/db.ts'
import { WORK_S } from '../store/leases.ts'
import { loadPageSize } from '../store/page-sizes.ts'
import {
  holdPlanner,
  loadLive,
  loadPlanner,
  saveConfig,
  saveLearned,
  takeAnswers,
} from '../store/planners.ts'
import { type Account, hasList } from './account.ts'

/** A planner that this process holds, brought up to date with every answer. */
export interface Seat {
  readonly planner: AdaptivePlanner
  /** On the database's clock. */
  readonly nowMs: number
  /** Requests without an answer yet. */
  inFlight(): number
  noteSent(requests: readonly RequestTarget[]): void
}

/** The planners of this process. What they know stands in Postgres too, so that any of them may be lost at any time. */
export interface PlannerSeats {
  /** Null while another process has the account's planner. The caller has the account's planning turn. */
  take(tx: Tx, account: Account): Promise<Seat | null>
  /** Whether this process had the account's planner when it last looked. */
  has(account: string): boolean
  /** The delay that each planner of this process expects, by account. */
  expectLags(): (Lag & { readonly account: string })[]
  /** The transaction in which a planner was taken has come to its good end. */
  settle(account: string): void
}

interface Sitting {
  readonly turn: number
  readonly planner: AdaptivePlanner
  readonly sinceMs: number
  readonly sentAt: Map<string, number>
  nowMs: number
  savedMs: number
  /** Taken in a transaction that has not come to its end: if it never does, what was taken in is lost, or comes again. */
  open: boolean
}

/** A planner begins anew from Postgres after this time, so that no difference between the two lasts. */
const SITTING_MS = 3_600_000
/** What is saved grows with the live migrations, and so does the time between two saves. */
const SAVE_EVERY_MS = { least: 30_000, perMigration: 5 }
/** The first time comes soon, for whoever asks what a daemon that has just begun will do. */
const FIRST_SAVE_MS = 5_000
/** The clock moves back by less than this without having been set back. */
const CLOCK_SLACK_MS = 2_000

const saveEveryMs = (planner: AdaptivePlanner) =>
  SAVE_EVERY_MS.least + SAVE_EVERY_MS.perMigration * planner.liveCount()

export function createPlannerSeats(processId: string, random: () => number): PlannerSeats {
  const sittings = new Map<string, Sitting>()

  async function sit(tx: Tx, account: Account, turn: number, nowMs: number): Promise<Sitting> {
    const stored = await loadPlanner(tx, account.name)
    const live = await loadLive(tx, account.name)
    const config = {
      requestsPerSecond: account.rate.requestsPerSecond,
      pageSize: await loadPageSize(tx, account.name, account.pageSize),
      sweepEveryMs: account.sweepEveryMs,
      lagGoalMs: account.lagGoalMs,
      hasList: hasList(account),
    }
    const planner = createPlanner(config, stored?.learned ?? null, live, random)
    await saveConfig(tx, account.name, config)
    // What was left before is in what was just loaded.
    await takeAnswers(tx, account.name)
    const savedMs = nowMs + FIRST_SAVE_MS - saveEveryMs(planner)
    const sitting = { turn, planner, sinceMs: nowMs, sentAt: new Map(), nowMs, savedMs, open: true }
    sittings.set(account.name, sitting)
    return sitting
  }

  async function save(tx: Tx, account: string, sitting: Sitting): Promise<void> {
    if (sitting.nowMs - sitting.savedMs < saveEveryMs(sitting.planner)) return
    await saveLearned(tx, account, sitting.planner.learned())
    sitting.savedMs = sitting.nowMs
  }

  return {
    async take(tx, account) {
      const held = await holdPlanner(tx, account.name, processId)
      if (held === null) {
        sittings.delete(account.name)
        return null
      }
      const nowMs = held.now.getTime()
      const known = sittings.get(account.name)
      const sitting =
        known !== undefined && isGood(known, held.turn, nowMs)
          ? await takeIn(tx, account.name, known, nowMs)
          : await sit(tx, account, held.turn, nowMs)
      sitting.nowMs = nowMs
      sitting.open = true
      await save(tx, account.name, sitting)
      return seatOf(sitting)
    },
    has: (account) => sittings.has(account),
    expectLags: () =>
      [...sittings].map(([account, { planner, nowMs }]) => {
        const { meanMs, p99Ms } = planner.forecast(nowMs)
        return { account, meanMs, p99Ms }
      }),
    settle(account) {
      const sitting = sittings.get(account)
      if (sitting !== undefined) sitting.open = false
    },
  }
}

function isGood(sitting: Sitting, turn: number, nowMs: number): boolean {
  const isSetBack = nowMs < sitting.nowMs - CLOCK_SLACK_MS
  return !sitting.open && sitting.turn === turn && !isSetBack && nowMs - sitting.sinceMs < SITTING_MS
}

async function takeIn(tx: Tx, account: string, sitting: Sitting, nowMs: number): Promise<Sitting> {
  for (const answer of await takeAnswers(tx, account)) {
    const isNone = answer.kind === 'none'
    sitting.sentAt.delete(requestKey(isNone ? answer.request : answer))
    if (isNone) sitting.planner.miss(answer, nowMs)
    else sitting.planner.observe(answer)
  }
  return sitting
}

function seatOf(sitting: Sitting): Seat {
  const { planner, nowMs, sentAt } = sitting
  return {
    planner,
    nowMs,
    inFlight() {
      for (const [key, atMs] of sentAt) if (nowMs - atMs > WORK_S * 1000) sentAt.delete(key)
      return sentAt.size
    },
    noteSent(requests) {
      for (const request of requests) sentAt.set(requestKey(request), nowMs)
    },
  }
}

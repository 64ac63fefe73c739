import type { Explanation } from './explain.ts'
import type { Forecast } from './forecast.ts'
import { takeAnswer, takeMiss } from './intake.ts'
import { createKnowledge, type Knowledge } from './knowledge.ts'
import { createLagControl, firstThreshold, type LagControl } from './lag-control.ts'
import { type Learned, saneLearned } from './learned.ts'
import { explainSlot, forecastFor } from './outlook.ts'
import type { Survey } from './survey.ts'
import { createTables } from './tables.ts'
import type { LiveMigration, NoAnswer, PlannedRequest, Planner, PlannerConfig, Sweep } from './types.ts'

export type { Learned } from './learned.ts'

export interface AdaptivePlanner extends Planner {
  /** The requests per second that may be made at present, where that is less than configured. */
  keepTo(requestsPerSecond: number): void
  /** A request brought nothing to learn from: it may be made again after its wait. */
  miss(answer: NoAnswer, nowMs: number): void
  /** When and why a live migration is read next. */
  explain(id: string, nowMs: number): Explanation | null
  /** Delay to be expected, and what half and double the budget would give. */
  forecast(nowMs: number): Forecast
  liveCount(): number
  /** Where the list ends and where new rows appear, as far as is known. */
  survey(): Survey | null
  learned(): Learned
}

/** Share of the budget that goes to what was unread for too long. */
const FLOOR_SHARE = 0.05
/** A survey that takes longer holds sweeps up no more. */
const SURVEY_S = 30
/** How fast the worth at which requests are made is followed. */
const LEVEL_PACE = 0.1

/**
 * Decides which request to make next: a migration's `get` or a page of the list, whichever is worth most. Pure: state
 * comes from what is put in, time and randomness are passed in.
 */
export function createPlanner(
  config: PlannerConfig,
  learned: Learned | null,
  live: readonly LiveMigration[],
  random: () => number,
): AdaptivePlanner {
  const sane = saneLearned(learned)
  const goal = config.lagGoalMs / 1000
  const known = createKnowledge(config, sane, live)
  const control = createLagControl(goal, sane.threshold ?? firstThreshold(goal))
  const tables = createTables(known)
  const choice = createChoice(known, config, control, random)
  let tickedAt = Number.NaN

  function tick(now: number, sweep: Sweep): void {
    // Where the clock went back, what was read in its future counts as read now: else it would wait that long.
    if (!(now >= tickedAt)) rewind(known, now)
    const passed = Number.isNaN(tickedAt) ? 0 : Math.max(0, now - tickedAt)
    tickedAt = now
    if (Number.isNaN(known.beganAt)) known.beganAt = now
    if (known.baseline && !sweep.baseline) {
      known.ledger.forget()
      known.steadyFrom = now
    }
    known.baseline = sweep.baseline
    tables.bringUp(passed)
    choice.allowFloors(passed)
  }

  return {
    observe: (answer) => takeAnswer(known, answer),
    keepTo(requestsPerSecond) {
      known.pace.keepTo(requestsPerSecond)
      choice.keepTo(requestsPerSecond)
    },
    miss: (answer, nowMs) => takeMiss(known, answer, nowMs),
    choose(nowMs, tokens, sweep) {
      const now = nowMs / 1000
      tick(now, sweep)
      if (tokens <= 0) return []
      known.values.scan(now)
      control.adjust(now, known.values.hidden(), known.values.endRate())
      const requests = choice.upTo(tokens, now, sweep)
      known.ledger.addRequests(requests.length)
      return requests
    },
    explain(id, nowMs) {
      const slot = known.set.slotOf(id)
      return slot === undefined ? null : explainSlot(known, slot, nowMs / 1000)
    },
    forecast: (nowMs) => forecastFor(known, config, nowMs / 1000),
    liveCount: known.set.size,
    survey: known.looks.surveyed,
    learned: () => ({
      version: 1,
      survival: known.survival.counts(),
      resumedAt: known.set.resumedAt(),
      map: known.map.state(),
      survey: known.looks.surveyed(),
      surprise: known.pace.surprise(),
      sweepPrice: known.pace.paid(),
      baseline: known.baseline,
      threshold: control.threshold(),
      level: known.level,
      ledger: known.ledger.state(),
    }),
  }
}

function rewind({ set, map, values, looks }: Knowledge, now: number): void {
  set.rewind(now)
  map.rewind(now)
  values.rewind()
  looks.rewind()
}

/** Makes requests one by one: what has to be read first, then what is worth most. */
function createChoice(known: Knowledge, config: PlannerConfig, control: LagControl, random: () => number) {
  const { set, values, looks, pace } = known
  let floorCredit = 0
  let rate = config.requestsPerSecond

  function list(page: number, reason: PlannedRequest['reason'], now: number): PlannedRequest {
    known.expected.set(page, values.takePage(page, now).map(set.idAt))
    return { kind: 'list', page, reason }
  }

  function get(slot: number, reason: PlannedRequest['reason'], now: number): PlannedRequest {
    values.takeGet(slot, now)
    return { kind: 'get', id: set.idAt(slot), reason }
  }

  function nextFloor(now: number): PlannedRequest | null {
    const { slot, overdue } = values.oldest()
    if (slot < 0 || overdue <= 1 || floorCredit < 1) return null
    if (now - (set.columns.claimedAt[slot] ?? now) < 1) return null
    floorCredit -= 1
    const page = values.pageOf(slot)
    return page === null ? get(slot, 'floor', now) : list(page, 'floor', now)
  }

  function nextByValue(now: number): PlannedRequest | null {
    const page = values.bestPage()
    const one = values.bestGet()
    const least = control.threshold() * (0.8 + 0.4 * random())
    const worth = Math.max(page.worth, one.worth)
    if (worth <= least || worth <= 0) return null
    known.level += LEVEL_PACE * (worth - known.level)
    return page.worth >= one.worth ? list(page.at, 'value', now) : get(one.at, 'value', now)
  }

  /** Share of a request that is lost where this page is read instead of what is worth most. */
  function lossBy(page: number | null): number {
    return page === null || known.level <= 0 ? 1 : Math.max(0, 1 - values.worthOfPage(page) / known.level)
  }

  /** A walk needs to know where the list ends, but not at any price. */
  const mayWalk = (now: number) => looks.surveyed() !== null || now - known.beganAt > SURVEY_S

  function next(now: number, sweep: Sweep): PlannedRequest | null {
    const look = looks.next(now)
    if (look?.kind === 'list') return list(look.page, look.reason, now)
    if (mayWalk(now) && pace.take(now, sweep, lossBy(sweep.page))) {
      return list(sweep.page ?? 0, 'sweep', now)
    }
    return nextFloor(now) ?? nextByValue(now)
  }

  return {
    allowFloors(passed: number) {
      floorCredit = Math.min(1, floorCredit + passed * rate * FLOOR_SHARE)
    },
    keepTo(requestsPerSecond: number) {
      rate = requestsPerSecond
    },
    upTo(tokens: number, now: number, sweep: Sweep): PlannedRequest[] {
      const requests: PlannedRequest[] = []
      let wanted = sweep
      while (requests.length < tokens) {
        const request = next(now, wanted)
        if (request === null) break
        if (request.reason === 'sweep') wanted = { ...sweep, page: null }
        requests.push(request)
      }
      return requests
    },
  }
}

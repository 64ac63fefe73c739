import { isTerminal } from '../phase.ts'
import { type Explanation, secondsUntilWorth, type Waiting } from './explain.ts'
import { type Forecast, forecastLag, type Readable } from './forecast.ts'
import { WAIT_POINTS } from './grid.ts'
import { AIM, createLagControl, firstThreshold } from './lag-control.ts'
import { createListMap, type MapState } from './list-map.ts'
import { createLiveSet, RESUMED_S } from './live-set.ts'
import { createLooks } from './looks.ts'
import type { Survey } from './survey.ts'
import { createSurvival, type SurvivalCounts } from './survival.ts'
import { createSweepPace, isFarFromNew } from './sweep-pace.ts'
import type {
  Answer,
  LiveMigration,
  NoAnswer,
  PlannedRequest,
  Planner,
  PlannerConfig,
  RequestTarget,
  Row,
  Sweep,
} from './types.ts'
import { CLASSES, createUrgency, interpolate } from './urgency.ts'
import { CLAIM_S, createValuation } from './valuation.ts'

/** What is worth keeping over a restart, as JSON. */
export interface Learned {
  readonly version: 1
  readonly survival: SurvivalCounts
  readonly resumedAt: number
  readonly map: MapState
  readonly survey: Survey | null
  readonly surprise: number
  /** Worths, in seconds, of the least reading that is made, and of those made at present. */
  readonly threshold: number
  readonly level: number
}

export interface AdaptivePlanner extends Planner {
  /** A request brought nothing to learn from: it may be made again after its wait. */
  miss(answer: NoAnswer, nowMs: number): void
  /** When and why a live migration is read next. */
  explain(id: string, nowMs: number): Explanation | null
  /** Delay to be expected, and what half and double the budget would give. */
  forecast(nowMs: number): Forecast
  /** Mean delay at present, as reckoned from what may have ended unseen. */
  lagMs(): number
  liveCount(): number
  /** Where the list ends and where new rows appear, as far as is known. */
  survey(): Survey | null
  learned(): Learned
}

/** Longest time between two readings, per state (pending, running, needs input, unknown), in seconds. */
const LIMITS_S = [900, 900, 1800, 900]
/** Share of the budget that goes to what was unread for too long. */
const FLOOR_SHARE = 0.05
const FLOOR_S = 5
/** Tables are brought up to date in rounds of this length, in seconds; longer the more is known. */
const ROUND_S = { least: 60, most: 900 }
const CLASSES_AT_ONCE = 8
/** A survey that takes longer holds sweeps up no more. */
const SURVEY_S = 30

/**
 * Decides which request to make next: a migration's `get` or a page of the list, whichever is worth most. Pure: state
 * comes from what is put in, time and randomness are passed in.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions around state that only they share
export function createPlanner(
  config: PlannerConfig,
  learned: Learned | null,
  live: readonly LiveMigration[],
  random: () => number,
): AdaptivePlanner {
  const survival = createSurvival(learned?.survival ?? null)
  const set = createLiveSet(survival, learned?.resumedAt ?? RESUMED_S)
  for (const one of live) set.restore(one)
  const urgency = createUrgency(survival)
  const map = createListMap(set, config.pageSize, learned?.map ?? null)
  const goal = config.lagGoalMs / 1000
  const values = createValuation(set, map, urgency, { limits: LIMITS_S, floor: Math.min(FLOOR_S, goal / 3) })
  const looks = createLooks(map, learned?.survey ?? null)
  const pace = createSweepPace(config.requestsPerSecond, learned?.surprise ?? 0)
  const control = createLagControl(goal, learned?.threshold ?? firstThreshold(goal))
  const expected = new Map<number, readonly string[]>()
  let beganAt = Number.NaN
  let tickedAt = Number.NaN
  let floorCredit = 0
  /** Worth at which requests are made at present. */
  let level = learned?.level ?? 0
  let baseline = learned === null
  /** Classes whose tables wait to be brought up to date. */
  let debt = 0
  urgency.refresh(CLASSES, set.resumedAt())

  function learn(now: number): void {
    if (Number.isNaN(beganAt)) beganAt = now
    const passed = Number.isNaN(tickedAt) ? 0 : Math.max(0, now - tickedAt)
    const round = Math.min(ROUND_S.most, Math.max(ROUND_S.least, (now - beganAt) / 5))
    debt += (passed / round) * CLASSES
    if (debt >= 1) {
      const classes = Math.min(CLASSES_AT_ONCE, Math.floor(debt))
      urgency.refresh(classes, set.resumedAt())
      debt = Math.min(CLASSES, debt - classes)
    }
    survival.decay(passed)
    floorCredit = Math.min(1, floorCredit + passed * config.requestsPerSecond * FLOOR_SHARE)
    tickedAt = now
  }

  function list(page: number, reason: PlannedRequest['reason'], now: number): PlannedRequest {
    expected.set(page, values.takePage(page, now).map(set.idAt))
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
    level += 0.1 * (worth - level)
    return page.worth >= one.worth ? list(page.at, 'value', now) : get(one.at, 'value', now)
  }

  /** A walk needs to know where the list ends, but not at any price. */
  const mayWalk = (now: number) => looks.surveyed() !== null || now - beganAt > SURVEY_S

  function next(now: number, sweep: Sweep): PlannedRequest | null {
    const look = looks.next(now)
    if (look?.kind === 'list') return list(look.page, look.reason, now)
    if (mayWalk(now) && pace.take(now, sweep)) return list(sweep.page ?? 0, 'sweep', now)
    return nextFloor(now) ?? nextByValue(now)
  }

  const waiting = (slot: number): Waiting => ({
    klass: set.columns.klass[slot] ?? 0,
    readAt: set.columns.readAt[slot] ?? 0,
  })

  function explainSlot(slot: number, now: number): Explanation {
    values.scan(now)
    const page = values.pageOf(slot)
    const alone = waiting(slot)
    const shown = page === null ? [alone] : values.slotsOn(page).map(waiting)
    const wait = secondsUntilWorth(urgency, shown, level, now)
    return {
      by: page === null ? { kind: 'get' } : { kind: 'list', page, with: shown.length },
      expectedAtMs: 1000 * (now + Math.min(wait, Math.max(0, limitAt(slot) - now))),
      lastReadAtMs: 1000 * alone.readAt,
      endedChance: interpolate(urgency.ended, now - alone.readAt, alone.klass * WAIT_POINTS),
      worthS: page === null ? values.worthOf(slot) : values.worthOfPage(page),
      madeAtS: level,
    }
  }

  const limitAt = (slot: number) =>
    (set.columns.readAt[slot] ?? 0) + (LIMITS_S[set.columns.state[slot] ?? 0] ?? 900)

  function readables(): Readable[] {
    const pages = new Map<number, number>()
    const single: Readable[] = []
    for (let slot = 0; slot < set.size(); slot += 1) {
      const page = values.pageOf(slot)
      const rate = urgency.rate[set.columns.klass[slot] ?? 0] ?? 0
      if (page === null) single.push({ rate })
      else pages.set(page, (pages.get(page) ?? 0) + rate)
    }
    return [...single, ...Array.from(pages.values(), (rate) => ({ rate }))]
  }

  function observeList(answer: Extract<Answer, { kind: 'list' }>): void {
    const now = answer.atMs / 1000
    const first = Number.isNaN(map.lookedAt())
    const shown = new Set(answer.rows.map((row) => row.id))
    for (const id of expected.get(answer.page) ?? []) checkPlace(id, shown.has(id))
    expected.delete(answer.page)
    const ended = answer.rows.filter((row) => isTerminal(row.phase))
    for (const row of answer.rows) if (!isTerminal(row.phase)) observeRow(row.id, row, now)
    const isFar = isFarFromNew(answer.page, map.freshEnd(), map.lookPage())
    const unknown = map.observe(answer.page, answer.rows, answer.hasMore, now)
    if (baseline) for (const row of unknown) addSight(row, now)
    for (const row of ended) observeRow(row.id, row, now)
    pace.observe(answer.page, answer.rows, unknown, isFar)
    looks.observe(answer, unknown.length > answer.rows.length / 2, first)
  }

  function miss(request: RequestTarget, until: number): void {
    const ids = request.kind === 'get' ? [request.id] : (expected.get(request.page) ?? [])
    for (const id of ids) {
      const slot = set.slotOf(id)
      if (slot !== undefined) set.columns.claimedAt[slot] = until - CLAIM_S
    }
    if (request.kind === 'list') looks.miss(request.page, until)
  }

  function observeRow(id: string, row: Row, now: number): void {
    const slot = set.slotOf(id)
    const coord = slot === undefined ? Number.NaN : (set.columns.coord[slot] ?? Number.NaN)
    const what = set.observe(id, row.phase, row.createdAtMs === null ? null : row.createdAtMs / 1000, now)
    if (what === 'ended') map.keep(id, coord)
  }

  function addSight(row: Row, now: number): void {
    if (row.createdAtMs !== null)
      survival.addSight(Math.max(0, now - row.createdAtMs / 1000), !isTerminal(row.phase))
  }

  /** A row that was not where the map says is believed less, and may be asked for on its own. */
  function checkPlace(id: string, found: boolean): void {
    values.reliability += 0.01 * ((found ? 1 : 0) - values.reliability)
    const slot = set.slotOf(id)
    if (slot === undefined || found) return
    set.columns.trust[slot] = (set.columns.trust[slot] ?? 0) / 2
    set.columns.claimedAt[slot] = Number.NEGATIVE_INFINITY
  }

  return {
    observe(answer) {
      if (answer.kind === 'list') observeList(answer)
      else if (answer.row === null) set.forget(answer.id)
      else observeRow(answer.id, answer.row, answer.atMs / 1000)
    },
    choose(nowMs, tokens, sweep) {
      const now = nowMs / 1000
      baseline = sweep.baseline
      learn(now)
      if (tokens <= 0) return []
      values.scan(now)
      control.adjust(now, values.hidden(), values.endRate())
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
    miss: ({ request, waitMs }, nowMs) => miss(request, (nowMs + waitMs) / 1000),
    explain(id, nowMs) {
      const slot = set.slotOf(id)
      return slot === undefined ? null : explainSlot(slot, nowMs / 1000)
    },
    forecast(nowMs) {
      values.scan(nowMs / 1000)
      return forecastLag(readables(), {
        requestsPerSecond: config.requestsPerSecond,
        dutyShare: pace.share(baseline),
        lagGoalMs: AIM * config.lagGoalMs,
        longestS: Math.min(...LIMITS_S),
      })
    },
    lagMs: () => 1000 * control.lag(),
    liveCount: set.size,
    survey: looks.surveyed,
    learned: () => ({
      version: 1,
      survival: survival.counts(),
      resumedAt: set.resumedAt(),
      map: map.state(),
      survey: looks.surveyed(),
      surprise: pace.surprise(),
      threshold: control.threshold(),
      level,
    }),
  }
}

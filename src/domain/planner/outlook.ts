import { type Explanation, secondsUntilWorth, type Waiting } from './explain.ts'
import { type Forecast, forecastLag, type Readable } from './forecast.ts'
import { WAIT_POINTS } from './grid.ts'
import { type Knowledge, LIMITS_S } from './knowledge.ts'
import { AIM } from './lag-control.ts'
import type { PlannerConfig } from './types.ts'
import { interpolate } from './urgency.ts'

/** When and why the migration in a slot is read next. */
export function explainSlot(known: Knowledge, slot: number, now: number): Explanation {
  const { values, urgency, level } = known
  values.scan(now)
  const page = values.pageOf(slot)
  const alone = waitingIn(known, slot)
  const shown = page === null ? [alone] : values.slotsOn(page).map((one) => waitingIn(known, one))
  const wait = secondsUntilWorth(urgency, shown, level, now)
  return {
    by: page === null ? { kind: 'get' } : { kind: 'list', page, with: shown.length },
    expectedAtMs: 1000 * (now + Math.min(wait, Math.max(0, limitAt(known, slot) - now))),
    lastReadAtMs: 1000 * alone.readAt,
    endedChance: interpolate(urgency.ended, now - alone.readAt, alone.klass * WAIT_POINTS),
    worthS: page === null ? values.worthOf(slot) : values.worthOfPage(page),
    madeAtS: level,
  }
}

export function forecastFor(known: Knowledge, config: PlannerConfig, now: number): Forecast {
  known.values.scan(now)
  const terms = {
    requestsPerSecond: config.requestsPerSecond,
    dutyShare: known.pace.share(known.baseline),
    lagGoalMs: AIM * config.lagGoalMs,
    longestS: Math.min(...LIMITS_S),
    liveCount: known.set.size(),
    sweepMs: 1000 * known.pace.sweepTime(known.baseline),
  }
  return forecastLag(readables(known), terms, known.ledger.view())
}

const waitingIn = ({ set }: Knowledge, slot: number): Waiting => ({
  klass: set.columns.klass[slot] ?? 0,
  readAt: set.columns.readAt[slot] ?? 0,
})

const limitAt = ({ set }: Knowledge, slot: number) =>
  (set.columns.readAt[slot] ?? 0) + (LIMITS_S[set.columns.state[slot] ?? 0] ?? 1800)

/** Pages with the ends per second of what they show, and migrations whose page is unknown, as many as are alike in one. */
function readables({ set, values, urgency }: Knowledge): Readable[] {
  const pages = new Map<number, number>()
  const single = new Map<number, number>()
  for (let slot = 0; slot < set.size(); slot += 1) {
    const page = values.pageOf(slot)
    const rate = urgency.rate[set.columns.klass[slot] ?? 0] ?? 0
    if (page === null) single.set(rate, (single.get(rate) ?? 0) + 1)
    else pages.set(page, (pages.get(page) ?? 0) + rate)
  }
  return [
    ...Array.from(single, ([rate, count]) => ({ rate, count })),
    ...Array.from(pages.values(), (rate) => ({ rate, count: 1 })),
  ]
}

import type { LedgerView } from './ledger.ts'

/** Something that one request shows: a page with its migrations, or one migration. */
export interface Readable {
  /** Ends per second among what it shows. */
  readonly rate: number
  /** How many there are of its kind. */
  readonly count: number
}

export interface Lag {
  readonly meanMs: number
  readonly p99Ms: number
}

export interface Forecast extends Lag {
  /** Time between the two readings around a change: how closely the database will know when it was. */
  readonly boundP50Ms: number
  readonly boundP99Ms: number
  /** Share of the budget that is spent. */
  readonly utilisation: number
  readonly requestsPerDay: number
  readonly requestsPerDayPerMigration: number
  /** Time that a walk over all pages takes. */
  readonly sweepMs: number
  readonly halfBudget: Lag
  readonly doubleBudget: Lag
}

export interface ForecastTerms {
  readonly requestsPerSecond: number
  /** Share of the budget that goes to sweeps. */
  readonly dutyShare: number
  readonly lagGoalMs: number
  readonly longestS: number
  readonly liveCount: number
  readonly sweepMs: number
}

/** Ends and seconds of the ledger that count as much as the model. */
const MODEL_ENDS = 5
const MODEL_S = 600

/**
 * What is to be expected: as reckoned from the readings made of late, and as far as those are few, from a model; and
 * from where the lag control steers. What another budget would give is the model's ratio.
 */
export function forecastLag(
  readables: readonly Readable[],
  terms: ForecastTerms,
  past: LedgerView,
): Forecast {
  const groups = readables.filter((one) => one.rate > 0)
  const model = planFor(groups, 1, terms)
  const known = past.ends / (past.ends + MODEL_ENDS)
  const now = quantitiesOf(model)
  const presentMs = mix(known, 1000 * past.meanS, now.meanMs)
  const perSecond = mix(past.seconds / (past.seconds + MODEL_S), past.requestsPerSecond, spent(model, terms))
  const steered = steering(presentMs, perSecond, terms)
  const meanMs = steered * presentMs
  const p99Ms = steered * mix(known, 1000 * past.p99S, now.p99Ms)
  const at = (factor: number): Lag => {
    const other = quantitiesOf(planFor(groups, factor, terms))
    return { meanMs: meanMs * ratio(other.meanMs, now.meanMs), p99Ms: p99Ms * ratio(other.p99Ms, now.p99Ms) }
  }
  return {
    meanMs,
    p99Ms,
    boundP50Ms: steered * mix(known, 1000 * past.boundP50S, now.boundP50Ms),
    boundP99Ms: steered * mix(known, 1000 * past.boundP99S, now.boundP99Ms),
    utilisation: Math.min(1, perSecond / terms.requestsPerSecond),
    requestsPerDay: 86_400 * perSecond,
    requestsPerDayPerMigration: (86_400 * perSecond) / Math.max(1, terms.liveCount),
    sweepMs: terms.sweepMs,
    halfBudget: at(0.5),
    doubleBudget: at(2),
  }
}

/** A budget that is used up to here has room to do more, or less, for the goal. */
const FREE = 0.9
const MOST_STEERED = 2

/**
 * Factor by which the delay is still to change: where the budget has room, the lag control steers it to the goal,
 * within minutes where much happens and within an hour where little does.
 */
function steering(presentMs: number, perSecond: number, terms: ForecastTerms): number {
  const { lagGoalMs, requestsPerSecond } = terms
  if (lagGoalMs <= 0 || presentMs <= 0 || perSecond > FREE * requestsPerSecond) return 1
  return Math.min(MOST_STEERED, Math.max(1 / MOST_STEERED, lagGoalMs / presentMs))
}

const mix = (share: number, one: number, other: number) => share * one + (1 - share) * other
const ratio = (one: number, other: number) => (other > 0 ? one / other : 1)

interface Plan {
  readonly requests: number
  readonly parts: readonly (Readable & { readonly intervalS: number })[]
}

const spent = (plan: Plan, terms: ForecastTerms) => plan.requests + terms.dutyShare * terms.requestsPerSecond

/** With so much of the budget: as much of it as the goal needs, all where there is none or it is out of reach. */
function planFor(groups: readonly Readable[], factor: number, terms: ForecastTerms): Plan {
  const budget = factor * terms.requestsPerSecond * (1 - terms.dutyShare)
  const all = planAt(groups, priceFor(groups, budget), terms.longestS)
  if (terms.lagGoalMs <= 0) return { ...all, requests: budget }
  const cheap = planAt(groups, priceForGoal(groups, terms), terms.longestS)
  return cheap.requests < all.requests ? cheap : all
}

/** Each page is read every √(2C/λ) seconds, with one price C for all. */
function planAt(groups: readonly Readable[], price: number, longestS: number): Plan {
  const intervalS = (rate: number) => Math.min(longestS, Math.sqrt((2 * price) / rate))
  const parts = groups.map((one) => ({ ...one, intervalS: intervalS(one.rate) }))
  return { requests: sumOf(parts, (one) => one.count / one.intervalS), parts }
}

const priceFor = (groups: readonly Readable[], budget: number) =>
  bisect((price) => planAt(groups, price, Number.MAX_VALUE).requests > budget)

const priceForGoal = (groups: readonly Readable[], terms: ForecastTerms) =>
  bisect((price) => meanMsOf(planAt(groups, price, terms.longestS)) < terms.lagGoalMs)

/** Least price, on a logarithmic scale, at which the condition holds no longer. */
function bisect(holds: (price: number) => boolean): number {
  let low = Math.log(1e-9)
  let high = Math.log(1e9)
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2
    if (holds(Math.exp(middle))) low = middle
    else high = middle
  }
  return Math.exp(high)
}

const sumOf = <T>(all: readonly T[], value: (one: T) => number) =>
  all.reduce((sum, one) => sum + value(one), 0)

/** Ends per second of all of its kind. */
const endsOf = ({ rate, count }: Readable) => rate * count

function meanMsOf({ parts }: Plan): number {
  const total = sumOf(parts, endsOf)
  return total === 0 ? 0 : (1000 * sumOf(parts, (one) => (endsOf(one) * one.intervalS) / 2)) / total
}

/** A status that changes at any moment of an interval waits for its end: evenly up to the whole of it. */
function quantitiesOf(plan: Plan) {
  const { parts } = plan
  const total = sumOf(parts, endsOf)
  if (total === 0) return { meanMs: 0, p99Ms: 0, boundP50Ms: 0, boundP99Ms: 0 }
  const within = (wait: number) => sumOf(parts, (one) => endsOf(one) * Math.min(1, wait / one.intervalS))
  const known = (wait: number) => sumOf(parts, (one) => endsOf(one) * Number(one.intervalS <= wait))
  const least = (share: number, of: (wait: number) => number) =>
    1000 * bisect((wait) => of(wait) < share * total)
  return {
    meanMs: meanMsOf(plan),
    p99Ms: least(0.99, within),
    boundP50Ms: least(0.5, known),
    boundP99Ms: least(0.99, known),
  }
}

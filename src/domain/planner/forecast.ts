/** Something that one request shows: a page with its migrations, or one migration. */
export interface Readable {
  /** Ends per second among what it shows. */
  readonly rate: number
}

export interface Lag {
  readonly meanMs: number
  readonly p99Ms: number
}

export interface Forecast extends Lag {
  /** Share of the budget that is spent. */
  readonly utilisation: number
  readonly requestsPerDay: number
  readonly halfBudget: Lag
  readonly doubleBudget: Lag
}

export interface ForecastTerms {
  readonly requestsPerSecond: number
  /** Share of the budget that goes to sweeps and other duties. */
  readonly dutyShare: number
  readonly lagGoalMs: number
  readonly longestS: number
}

/** What a budget gives: each page is read every √(2C/λ) seconds, with the price C at which the budget is just spent. */
export function forecastLag(readables: readonly Readable[], terms: ForecastTerms): Forecast {
  const groups = readables.filter((one) => one.rate > 0)
  const budget = terms.requestsPerSecond * (1 - terms.dutyShare)
  const all = planAt(groups, priceFor(groups, budget, terms), terms)
  const cheap = terms.lagGoalMs > 0 ? planAt(groups, priceForGoal(groups, terms), terms) : all
  const used = Math.min(all.requests, terms.lagGoalMs > 0 ? cheap.requests : budget)
  const now = used < all.requests ? cheap : all
  const at = (factor: number) => lagOf(planAt(groups, priceFor(groups, budget * factor, terms), terms))
  return {
    ...lagOf(now),
    utilisation: Math.min(1, used / terms.requestsPerSecond + terms.dutyShare),
    requestsPerDay: 86_400 * (used + terms.dutyShare * terms.requestsPerSecond),
    halfBudget: at(0.5),
    doubleBudget: at(2),
  }
}

interface Plan {
  readonly requests: number
  readonly rates: readonly number[]
  readonly intervals: readonly number[]
}

function planAt(groups: readonly Readable[], price: number, terms: ForecastTerms): Plan {
  const intervals = groups.map(({ rate }) => Math.min(terms.longestS, Math.sqrt((2 * price) / rate)))
  const requests = intervals.reduce((sum, interval) => sum + 1 / interval, 0)
  return { requests, rates: groups.map(({ rate }) => rate), intervals }
}

const priceFor = (groups: readonly Readable[], budget: number, terms: ForecastTerms) =>
  bisect((price) => planAt(groups, price, { ...terms, longestS: Number.MAX_VALUE }).requests > budget)

const priceForGoal = (groups: readonly Readable[], terms: ForecastTerms) =>
  bisect((price) => lagOf(planAt(groups, price, terms)).meanMs < terms.lagGoalMs)

/** Least price, on a logarithmic scale, at which the condition holds no longer. */
function bisect(holds: (price: number) => boolean): number {
  let low = Math.log(1e-9)
  let high = Math.log(1e9)
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (holds(Math.exp(middle))) low = middle
    else high = middle
  }
  return Math.exp(high)
}

/** A status that changes at any moment of an interval waits for its end: evenly up to the whole of it. */
function lagOf({ rates, intervals }: Plan): Lag {
  const total = rates.reduce((sum, rate) => sum + rate, 0)
  if (total === 0) return { meanMs: 0, p99Ms: 0 }
  const sum = rates.reduce((all, rate, index) => all + (rate * (intervals[index] ?? 0)) / 2, 0)
  const within = (wait: number) =>
    rates.reduce((all, rate, index) => all + rate * Math.min(1, wait / (intervals[index] ?? 1)), 0)
  const p99 = bisect((wait) => within(wait) < 0.99 * total)
  return { meanMs: (1000 * sum) / total, p99Ms: 1000 * p99 }
}

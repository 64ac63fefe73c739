import { html } from '../../html.js'
import { formatSeconds } from '../../times.js'
import { formatNumber, formatShare } from '../../words.js'

/** @import { Account, Plan as Forecast } from '../../types.d.ts' */

/** How late changes are noticed, why, and what another budget would give. @param {{ plan: Forecast | null, policy: Account['policy'] }} props */
export function Plan({ plan, policy }) {
  if (plan === null) return html`<p class="muted">${whyNone(policy)}</p>`
  return html`
    <p>A change is noticed <strong>${formatSeconds(plan.mean_seconds)}</strong> after it happens in the mean, and within <strong>${formatSeconds(plan.p99_seconds)}</strong> in 99 % of all cases.</p>
    <p class="muted">${whyThis(plan)}</p>
      <table class="plain">
        <thead><tr><th scope="col">Budget</th><th scope="col" class="number">Mean delay</th><th scope="col" class="number">99 % within</th></tr></thead>
        <tbody>
          ${row('Half', plan.requests_per_second / 2, plan.half_budget)}
          ${row('As it is', plan.requests_per_second, plan)}
          ${row('Twice', plan.requests_per_second * 2, plan.double_budget)}
        </tbody>
      </table>
    <dl class="facts">
      <dt>Requests</dt><dd>${formatNumber(Math.round(plan.requests_per_day))} a day${plan.requests_per_day_per_live !== null && html` <span class="muted">${formatNumber(Math.round(plan.requests_per_day_per_live))} for each live migration</span>`}</dd>
      <dt>Readings around a change</dt><dd>${formatSeconds(plan.bound_p50_seconds)} apart in half of all cases, ${formatSeconds(plan.bound_p99_seconds)} in 99 %</dd>
      <dt>Whole list read</dt><dd>every ${formatSeconds(plan.sweep_seconds)}</dd>
    </dl>
  `
}

function row(
  /** @type {string} */ name,
  /** @type {number} */ rate,
  /** @type {{ mean_seconds: number, p99_seconds: number }} */ lag,
) {
  return html`<tr><th scope="row">${name} <span class="muted">${rate} per second</span></th><td class="number">${formatSeconds(lag.mean_seconds)}</td><td class="number">${formatSeconds(lag.p99_seconds)}</td></tr>`
}

const FULL = 0.98

function whyThis(/** @type {Forecast} */ { utilisation, lag_goal_seconds: goal, mean_seconds: mean, live }) {
  const used = formatShare(utilisation)
  if (live === 0) return `Nothing is live: ${used} of the budget goes into looking for what is new.`
  if (goal === 0) return `There is no lag goal, so the whole budget is spent where each request shows most.`
  const aim = formatSeconds(goal)
  if (utilisation < FULL)
    return `${used} of the budget is enough for the goal of ${aim}; each request goes where it shows most.`
  return mean <= goal
    ? `The goal of ${aim} takes the whole budget.`
    : `The whole budget is spent, and the goal of ${aim} is out of its reach: more requests per second would help, as below.`
}

function whyNone(/** @type {Account['policy']} */ policy) {
  if (policy === 'adaptive') return 'There is no plan yet: no daemon has worked on this account.'
  return `Policy ${policy} reads each migration by a timer of its own; only policy adaptive looks ahead.`
}

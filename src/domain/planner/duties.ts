import { isTerminal } from '../phase.ts'
import { freshEndOf, nextStep, type PageSeen, startLook, startSweep, type Walk } from '../walk.ts'
import type { ListMap } from './list-map.ts'
import { seenOf } from './page-seen.ts'
import { nextSurvey, START_SURVEY, type Survey } from './survey.ts'
import type { Answer, PlannedRequest, Row } from './types.ts'

/** What has to be done whatever it is worth now: survey, looks that met only new rows, sweeps at a bounded pace. */
export interface Duties {
  /** The next page that has to be read, if any. */
  next(now: number): PlannedRequest | null
  observe(answer: Extract<Answer, { kind: 'list' }>, unknown: readonly Row[], first: boolean): void
  /** Whether every page was read once since the start. */
  baselineDone(): boolean
  /** Share of the budget that sweeps may have at present. */
  share(): number
}

/** A request without an answer is made again after this time. */
const PATIENCE_S = 10
/**
 * Shares of the budget for sweeps: while the first one finds live migrations, until it ends, and later: more
 * where sweeps meet live migrations that nobody knew, which looks should have found. */
const BASELINE_RICH = 0.7
const BASELINE = 0.08
const SWEEP = { least: 0.03, most: 0.3 }
/** Share of live rows on the last pages that makes a first sweep worth its hurry. */
const RICH = 0.03
/** New rows are looked for at least this often. */
const LOOK_S = 60

interface Options {
  readonly requestsPerSecond: number
  readonly sweepEvery: number
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions around state that only they share
export function createDuties(map: ListMap, options: Options): Duties {
  let survey: Survey = START_SURVEY
  let look: Walk | null = null
  let sweep: Walk | null = null
  let sweeps = 0
  let startedAt = Number.NEGATIVE_INFINITY
  let lastPage = 0
  /** Where new rows were expected before the answer at hand. */
  let lookedFor = 0
  let yields = 1
  let surprise = 0
  let credit = 1
  let creditAt = Number.NaN
  const askedAt = {
    survey: Number.NEGATIVE_INFINITY,
    look: Number.NEGATIVE_INFINITY,
    sweep: Number.NEGATIVE_INFINITY,
  }

  const list = (page: number, reason: 'survey' | 'look' | 'sweep', now: number): PlannedRequest => {
    askedAt[reason] = now
    lookedFor = map.lookPage()
    return { kind: 'list', page, reason }
  }
  const mayAsk = (what: keyof typeof askedAt, now: number) => now - askedAt[what] >= PATIENCE_S

  function share(): number {
    if (sweeps > 0) return Math.min(SWEEP.most, SWEEP.least + surprise / 2)
    return yields > RICH ? BASELINE_RICH : BASELINE
  }

  const isFarFromNew = (page: number) =>
    map.freshEnd() === 'first' ? page > 1 : map.freshEnd() !== 'last' || page < map.lookPage() - 1

  function earn(now: number): void {
    const passed = Number.isNaN(creditAt) ? 0 : Math.max(0, now - creditAt)
    credit = Math.min(1, credit + passed * options.requestsPerSecond * share())
    creditAt = now
  }

  function nextSweep(now: number): PlannedRequest | null {
    if (survey.page !== null) return null
    if (sweep === null && now - startedAt >= options.sweepEvery) {
      const upFirst = map.freshEnd() === 'last'
      sweep = startSweep((sweeps % 2 === 0) === upFirst ? 'up' : 'down', Math.max(lastPage, survey.lastPage))
      startedAt = now
      yields = 1
    }
    if (sweep === null || credit < 1 || !mayAsk('sweep', now)) return null
    credit -= 1
    return list(sweep.page, 'sweep', now)
  }

  function walkOn(seen: PageSeen, rows: readonly Row[]): void {
    if (sweep === null || seen.page !== sweep.page) return
    askedAt.sweep = Number.NEGATIVE_INFINITY
    const alive = rows.filter((row) => !isTerminal(row.phase)).length / Math.max(1, rows.length)
    if (!sweep.seeking) yields += 0.1 * (alive - yields)
    const step = nextStep(sweep, seen)
    sweep = step.kind === 'complete' ? null : step.walk
    if (step.kind === 'go_on') return
    lastPage = step.walk.lastPage
    sweeps += 1
    map.learnOrder(freshEndOf(step.walk))
  }

  function lookOn(seen: PageSeen, mostlyNew: boolean, first: boolean): void {
    const more = mostlyNew && seen.size > 0 && !first
    if (look === null && (seen.page === lookedFor || seen.page === map.lookPage()) && more) {
      look = startLook(map.freshEnd(), seen.page)
    }
    if (look === null || seen.page !== look.page) return
    askedAt.look = Number.NEGATIVE_INFINITY
    const step = nextStep(look, { ...seen, mostlyNew })
    look = step.kind === 'complete' ? null : step.walk
    if (look === null) map.settle()
  }

  return {
    next(now) {
      earn(now)
      if (survey.page !== null) return mayAsk('survey', now) ? list(survey.page, 'survey', now) : null
      if (look !== null && mayAsk('look', now)) return list(look.page, 'look', now)
      if (now - map.lookedAt() > LOOK_S && mayAsk('look', now)) return list(map.lookPage(), 'look', now)
      return nextSweep(now)
    },
    observe(answer, unknown, first) {
      const mostlyNew = unknown.length > answer.rows.length / 2
      if (sweep?.page === answer.page && isFarFromNew(answer.page)) {
        const met = unknown.some((row) => !isTerminal(row.phase))
        surprise += 0.03 * (Number(met && sweeps > 0) - surprise)
      }
      if (survey.page === answer.page) {
        askedAt.survey = Number.NEGATIVE_INFINITY
        survey = nextSurvey(survey, answer.rows, answer.hasMore)
        if (survey.page === null) map.learnOrder(survey.freshEnd)
      }
      const seen = seenOf(answer, mostlyNew)
      if (survey.page === null) lookOn(seen, mostlyNew, first)
      if (look === null) map.settle()
      walkOn(seen, answer.rows)
    },
    baselineDone: () => sweeps > 0,
    share,
  }
}

import { nextStep, startLook, type Walk } from '../walk.ts'
import type { ListMap } from './list-map.ts'
import { seenOf } from './page-seen.ts'
import { nextSurvey, START_SURVEY, type Survey } from './survey.ts'
import type { Answer, PlannedRequest } from './types.ts'

/** Pages that have to be read whatever they are worth now: the survey's, and looks that met only new rows. */
export interface Looks {
  /** The next page that has to be read, if any. */
  next(now: number): PlannedRequest | null
  observe(answer: Extract<Answer, { kind: 'list' }>, mostlyNew: boolean, first: boolean): void
  /** A page was asked for in vain, and should not be before this time. */
  miss(page: number, until: number): void
  /** What the survey found; null while it is under way. */
  surveyed(): Survey | null
  /** The clock went back: nothing is awaited. */
  rewind(): void
}

/** A request without an answer is made again after this time. */
const PATIENCE_S = 6
/** New rows are looked for at least this often. */
const LOOK_S = 300

/** Where there is no list there is nothing to look at. */
export const NO_LOOKS: Looks = {
  next: () => null,
  observe: () => undefined,
  miss: () => undefined,
  surveyed: () => null,
  rewind: () => undefined,
}

export function createLooks(map: ListMap, known: Survey | null): Looks {
  let survey = known ?? START_SURVEY
  let look: Walk | null = null
  /** Where new rows were expected before the answer at hand. */
  let lookedFor = 0
  const askedAt = { survey: Number.NEGATIVE_INFINITY, look: Number.NEGATIVE_INFINITY }
  const mayAsk = (what: keyof typeof askedAt, now: number) => now - askedAt[what] >= PATIENCE_S

  function list(page: number, reason: keyof typeof askedAt, now: number): PlannedRequest {
    askedAt[reason] = now
    lookedFor = map.lookPage()
    return { kind: 'list', page, reason }
  }

  function lookOn(answer: Extract<Answer, { kind: 'list' }>, mostlyNew: boolean, first: boolean): void {
    const { page, rows } = answer
    const more = mostlyNew && rows.length > 0 && !first
    if (look === null && (page === lookedFor || page === map.lookPage()) && more) {
      look = startLook(map.freshEnd(), page)
    }
    if (look === null || page !== look.page) return
    askedAt.look = Number.NEGATIVE_INFINITY
    const step = nextStep(look, seenOf(answer, mostlyNew))
    look = step.kind === 'complete' ? null : step.walk
    if (look === null) map.settle()
  }

  return {
    next(now) {
      if (survey.page !== null) return mayAsk('survey', now) ? list(survey.page, 'survey', now) : null
      if (look !== null && mayAsk('look', now)) return list(look.page, 'look', now)
      if (now - map.lookedAt() > LOOK_S && mayAsk('look', now)) return list(map.lookPage(), 'look', now)
      return null
    },
    observe(answer, mostlyNew, first) {
      if (survey.page === answer.page) {
        askedAt.survey = Number.NEGATIVE_INFINITY
        survey = nextSurvey(survey, answer.rows, answer.hasMore)
        if (survey.page === null) map.learnOrder(survey.freshEnd)
      }
      if (survey.page === null) lookOn(answer, mostlyNew, first)
      if (look === null) map.settle()
    },
    miss(page, until) {
      const again = until - PATIENCE_S
      if (page === survey.page) askedAt.survey = again
      if (page === (look?.page ?? map.lookPage())) askedAt.look = again
    },
    rewind() {
      askedAt.survey = Number.NEGATIVE_INFINITY
      askedAt.look = Number.NEGATIVE_INFINITY
    },
    surveyed: () => (survey.page === null ? survey : null),
  }
}

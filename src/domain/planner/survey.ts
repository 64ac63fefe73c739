import type { FreshEnd } from '../walk.ts'
import type { Row } from './types.ts'

/**
 * Finds out how long a list is and at which end new rows appear, with some 2 log₂(pages) requests: pages 0, 1, 2, 4, 8 …
 * until one brings nothing of its own, then halves. Without it a list that shows its oldest rows first would hide all
 * that lives behind thousands of pages of history.
 */
export interface Survey {
  /** The page to ask for next; null when done. */
  readonly page: number | null
  readonly lastPage: number
  readonly freshEnd: FreshEnd
  /** Least page known to bring nothing. */
  readonly beyond: number | null
  readonly first: PageSketch | null
  readonly last: PageSketch | null
}

interface PageSketch {
  readonly ids: readonly string[]
  readonly oldest: number | null
  readonly newest: number | null
}

const MOST_PAGES = 200_000

export const START_SURVEY: Survey = {
  page: 0,
  lastPage: 0,
  freshEnd: 'first',
  beyond: null,
  first: null,
  last: null,
}

export function nextSurvey(survey: Survey, rows: readonly Row[], hasMore: boolean | null): Survey {
  const { page } = survey
  if (page === null) return survey
  const sketch = sketchOf(rows)
  if (page === 0) {
    const done = rows.length === 0 || hasMore === false
    return { ...survey, first: sketch, last: sketch, page: done ? null : 1 }
  }
  const nothing = rows.length === 0 || repeats(survey.first, sketch) || repeats(survey.last, sketch)
  const known = nothing
    ? { ...survey, beyond: page }
    : { ...survey, lastPage: page, last: sketch, beyond: hasMore === false ? page + 1 : survey.beyond }
  return { ...known, ...goOn(known) }
}

function goOn(survey: Survey): Pick<Survey, 'page' | 'freshEnd'> {
  const { lastPage, beyond } = survey
  const freshEnd = freshEndOf(survey)
  if (beyond === null) return { page: lastPage >= MOST_PAGES ? null : Math.max(1, 2 * lastPage), freshEnd }
  if (beyond - lastPage <= 1) return { page: null, freshEnd }
  return { page: Math.floor((lastPage + beyond) / 2), freshEnd }
}

function freshEndOf({ first, last, lastPage }: Survey): FreshEnd {
  if (lastPage === 0 || !first || !last) return 'first'
  if (first.oldest === null || first.newest === null || last.oldest === null || last.newest === null)
    return 'first'
  if (first.oldest >= last.newest) return 'first'
  return first.newest <= last.oldest ? 'last' : 'anywhere'
}

function sketchOf(rows: readonly Row[]): PageSketch {
  const times = rows.flatMap((row) => (row.createdAtMs === null ? [] : [row.createdAtMs]))
  const oldest = times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b))
  const newest = times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b))
  return { ids: rows.map((row) => row.id), oldest, newest }
}

function repeats(known: PageSketch | null, sketch: PageSketch): boolean {
  if (known === null) return false
  const ids = new Set(known.ids)
  return sketch.ids.filter((id) => ids.has(id)).length > sketch.ids.length / 2
}

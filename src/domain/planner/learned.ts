import type { FreshEnd } from '../walk.ts'
import type { LedgerState, TallyState } from './ledger.ts'
import type { MapState } from './list-map.ts'
import { RESUMED_S } from './live-set.ts'
import type { Survey } from './survey.ts'
import type { SurvivalCounts } from './survival.ts'

/** What is worth keeping over a restart, as JSON. */
export interface Learned {
  readonly version: 1
  readonly survival: SurvivalCounts
  readonly resumedAt: number
  readonly map: MapState
  readonly survey: Survey | null
  readonly surprise: number
  /** Mean part of a request that a page of a sweep costs. */
  readonly sweepPrice: number
  /** Whether no sweep had come to its end. */
  readonly baseline: boolean
  /** Worths, in seconds, of the least reading that is made, and of those made at present. */
  readonly threshold: number
  readonly level: number
  readonly ledger: LedgerState
}

type Loose = Readonly<Record<string, unknown>>
type Known = Omit<Learned, 'map' | 'threshold'> & {
  readonly map: MapState | null
  readonly threshold: number | null
}

const LONGEST_LIST = 1e8
const LAST_SECOND = 1e11
const FRESH_ENDS: readonly unknown[] = ['first', 'last', 'anywhere'] satisfies FreshEnd[]

/** What can be used of learned state, whatever became of it; the rest is as if nothing had been learned. */
export function saneLearned(value: unknown): Known {
  const known = looseOf(value)
  return {
    version: 1,
    survival: saneCounts(looseOf(known['survival'])),
    resumedAt: within(known['resumedAt'], 0, 1e8) ?? RESUMED_S,
    map: saneMap(looseOf(known['map'])),
    survey: saneSurvey(looseOf(known['survey'])),
    surprise: within(known['surprise'], 0, 1) ?? 0,
    sweepPrice: within(known['sweepPrice'], 0.01, 1) ?? 1,
    baseline: known['baseline'] !== false && (known['baseline'] === true || value === null),
    threshold: within(known['threshold'], 1e-6, 1e4),
    level: within(known['level'], 0, 1e9) ?? 0,
    ledger: saneLedger(looseOf(known['ledger'])),
  }
}

function saneCounts({ seconds, changes, sights }: Loose): SurvivalCounts {
  const { alive, total } = looseOf(sights)
  return {
    seconds: listOf(seconds).map(countsOf),
    changes: listOf(changes).map((one) => listOf(one).map(countsOf)),
    sights: { alive: countsOf(alive), total: countsOf(total) },
  }
}

function saneMap(map: Loose): MapState | null {
  const size = within(map['size'], 1, 1e5)
  const added = within(map['added'], -LONGEST_LIST, LONGEST_LIST)
  if (size === null || added === null || !FRESH_ENDS.includes(map['freshEnd'])) return null
  const arrivals = looseOf(map['arrivals'])
  return {
    size: Math.floor(size),
    freshEnd: map['freshEnd'] as FreshEnd,
    added,
    found: within(map['found'], -LONGEST_LIST, added) ?? added,
    end: within(map['end'], 0, LONGEST_LIST) ?? 0,
    confirmedAt: within(map['confirmedAt'], 0, LAST_SECOND),
    lookedAt: within(map['lookedAt'], 0, LAST_SECOND),
    arrivals: {
      rows: within(arrivals['rows'], 0, 1e9) ?? 0,
      seconds: within(arrivals['seconds'], 0, 1e9) ?? 0,
    },
    places: listOf(map['places']).flatMap(placeOf),
  }
}

function placeOf(value: unknown): [string, number][] {
  const [id, coord] = listOf(value)
  const place = within(coord, -LONGEST_LIST, LONGEST_LIST)
  return typeof id === 'string' && place !== null ? [[id, place]] : []
}

function saneSurvey(survey: Loose): Survey | null {
  const lastPage = within(survey['lastPage'], 0, LONGEST_LIST)
  if (survey['page'] !== null || lastPage === null || !FRESH_ENDS.includes(survey['freshEnd'])) return null
  const freshEnd = survey['freshEnd'] as FreshEnd
  return { page: null, lastPage: Math.floor(lastPage), freshEnd, beyond: null, first: null, last: null }
}

function saneLedger(ledger: Loose): LedgerState {
  return {
    expected: saneTally(looseOf(ledger['expected'])),
    seen: saneTally(looseOf(ledger['seen'])),
    requests: countOf(ledger['requests']),
    seconds: countOf(ledger['seconds']),
  }
}

const saneTally = ({ delays, bounds, delay }: Loose): TallyState => ({
  delays: countsOf(delays),
  bounds: countsOf(bounds),
  delay: countOf(delay),
})

const looseOf = (value: unknown): Loose =>
  typeof value === 'object' && value !== null ? (value as Loose) : {}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const countOf = (value: unknown) => within(value, 0, 1e12) ?? 0
const countsOf = (value: unknown) => listOf(value).map(countOf)

function within(value: unknown, least: number, most: number): number | null {
  return typeof value === 'number' && value >= least && value <= most ? value : null
}

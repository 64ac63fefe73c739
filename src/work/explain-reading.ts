import type { Explanation } from '../domain/planner/explain.ts'
import type { Db } from '../store/db.ts'
import { loadPollFacts, type PollFacts } from '../store/poll-facts.ts'
import type { Identity } from '../store/views/migrations.ts'
import { restorePlanner } from './restore-planner.ts'

/** Why a migration is read at a time of its own. */
export type Due = 'asked' | 'doubted' | 'failed' | 'missing' | 'recheck' | 'backoff' | 'fixed'

/** When and why a migration is read next. */
export type NextReading =
  | { readonly kind: 'never'; readonly why: 'ended' | 'vanished' }
  | { readonly kind: 'due'; readonly why: Due; readonly at: Date }
  /** When it is worth a request; `latest` whatever it is worth. */
  | { readonly kind: 'worth'; readonly explanation: Explanation; readonly latest: Date | null }

export interface Explained {
  readonly now: Date
  readonly suspended: boolean
  readonly next: NextReading
}

/** Reckons from Postgres alone what the daemon will do, so that any process can say it. */
export async function explainReading(db: Db, migration: Identity): Promise<Explained> {
  const facts = await loadPollFacts(db, migration)
  const now = new Date(facts.now_ms)
  const suspended = facts.state === 'suspended'
  const fixed = timedReading(facts)
  if (fixed !== null) return { now, suspended, next: fixed }
  const planner = await restorePlanner(db, migration.account)
  const explanation = planner?.planner.explain(migration.migration_id, facts.now_ms) ?? null
  // Not yet known to the planner as it was last saved: it is read as soon as that can be.
  if (explanation === null) return { now, suspended, next: { kind: 'due', why: 'asked', at: now } }
  return { now, suspended, next: { kind: 'worth', explanation, latest: dateOf(facts.next_poll_ms) } }
}

function timedReading(facts: PollFacts): NextReading | null {
  const at = dateOf(facts.next_poll_ms)
  if (at === null) return { kind: 'never', why: facts.vanished ? 'vanished' : 'ended' }
  const why = reasonFor(facts)
  return why === null ? null : { kind: 'due', why, at }
}

function reasonFor(facts: PollFacts): Due | null {
  if (facts.doubted) return 'doubted'
  if (facts.failures > 0) return 'failed'
  if (facts.misses > 0) return 'missing'
  if (facts.ended) return 'recheck'
  if (facts.urgent) return 'asked'
  return facts.policy === 'adaptive' ? null : facts.policy
}

const dateOf = (ms: number | null) => (ms === null ? null : new Date(ms))

/** As commands and the API say it. */
export function toReadingJson({ next, suspended }: Explained) {
  return { suspended, ...jsonOf(next) }
}

function jsonOf(next: NextReading) {
  if (next.kind === 'never') return { next_reading_at: null, why: next.why }
  if (next.kind === 'due')
    return { next_reading_at: next.at.toISOString(), by: { kind: 'get' as const }, why: next.why }
  const { by, expectedAtMs, lastReadAtMs, endedChance, worthS, madeAtS } = next.explanation
  return {
    next_reading_at: new Date(expectedAtMs).toISOString(),
    by,
    why: 'worth' as const,
    latest_at: next.latest?.toISOString() ?? null,
    last_reading_at: new Date(lastReadAtMs).toISOString(),
    ended_chance: endedChance,
    worth_seconds: worthS,
    made_at_seconds: madeAtS,
  }
}

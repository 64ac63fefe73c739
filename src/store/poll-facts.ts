import { sql } from 'drizzle-orm'

import type { Policy } from '../domain/policy.ts'
import type { Db } from './db.ts'
import type { Identity } from './views/migrations.ts'

/** What decides when a migration is asked for next. */
export type PollFacts = {
  readonly policy: Policy
  readonly state: 'active' | 'suspended'
  readonly ended: boolean
  readonly vanished: boolean
  /** It is to be asked for at its time whatever that is worth. */
  readonly urgent: boolean
  /** A list row contradicts what is known of it. */
  readonly doubted: boolean
  /** Unusable answers in a row, and answers that did not know it. */
  readonly failures: number
  readonly misses: number
  readonly next_poll_ms: number | null
  readonly now_ms: number
}

export async function loadPollFacts(db: Db, { account, migration_id }: Identity): Promise<PollFacts> {
  const { rows } = await db.execute<PollFacts>(sql`
    select a.policy, a.state, m.finished_at is not null as ended, m.vanished_at is not null as vanished, m.urgent,
      m.doubted, m.failures, m.misses, extract(epoch from m.next_poll_at)::float8 * 1000 as next_poll_ms,
      extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
    from landfall.migration m join landfall.account a on a.name = m.account
    where m.account = ${account} and m.migration_id = ${migration_id}`)
  const [facts] = rows
  if (facts === undefined) throw new Error(`load poll facts: ${account} has no migration ${migration_id}`)
  return facts
}

import { sql } from 'drizzle-orm'

import type { UsualStays } from '../domain/overdue.ts'
import type { Db } from './db.ts'

/** Latest endings looked at, per way of ending. */
const ENDINGS = 500
/** Fewer stays make no 99th percentile. */
const ENOUGH = 200

/** How long migrations of the account usually stay in each phase, learned anew every hour. */
export async function loadUsualStays(db: Db, account: string): Promise<UsualStays> {
  const { rows } = await db.execute<{ stays: UsualStays; is_old: boolean }>(sql`
    select usual_stays as stays, coalesce(usual_stays_at < now() - interval '1 hour', true) as is_old
    from landfall.account where name = ${account}`)
  const [known] = rows
  if (known === undefined) return {}
  return known.is_old ? learnUsualStays(db, account) : known.stays
}

/** What began before the baseline began earlier than anybody saw: such a stay seems shorter than it was. */
async function learnUsualStays(db: Db, account: string): Promise<UsualStays> {
  const { rows } = await db.execute<{ stays: UsualStays }>(sql`
    with ended as materialized (
      select latest.id from landfall.account a
      cross join unnest(array['succeeded', 'partial', 'failed', 'abandoned']) as way (phase)
      cross join lateral (
        select m.id, m.first_seen_at from landfall.migration m
        where m.account = a.name and m.phase = way.phase order by m.status_since desc limit ${ENDINGS}) latest
      where a.name = ${account} and latest.first_seen_at > a.baseline_at),
    changes as (
      select t.to_phase, t.not_after,
        lead(t.not_after) over (partition by t.migration order by t.seq) as left_at
      from ended join landfall.transition t on t.migration = ended.id
      where t.from_phase is distinct from t.to_phase),
    stays as (
      select to_phase, percentile_cont(0.99) within group (order by extract(epoch from left_at - not_after)) as p99
      from changes where left_at is not null group by to_phase having count(*) >= ${ENOUGH})
    update landfall.account set usual_stays_at = now(),
      usual_stays = (select coalesce(jsonb_object_agg(to_phase, p99), '{}') from stays)
    where name = ${account} returning usual_stays as stays`)
  return rows[0]?.stays ?? {}
}

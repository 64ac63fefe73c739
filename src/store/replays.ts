import { type SQL, sql } from 'drizzle-orm'

import type { EventType } from '../domain/event-type.ts'
import { type Db, inTransaction, type Tx } from './db.ts'
import { DELIVERIES_CHANNEL } from './events.ts'
import { isFree } from './leases.ts'

/** Which events are sent again; all that is given must fit. */
export interface ReplayFilter {
  readonly event?: string | undefined
  readonly since?: Date | undefined
  /** Not included. */
  readonly until?: Date | undefined
  readonly types?: readonly EventType[] | undefined
  readonly hook?: string | undefined
  /** Only deliveries that were given up. */
  readonly dead?: boolean | undefined
}

/** What a replay sends to one hook, by the state that its deliveries had; `unsent` ones were never meant for it. */
export type ReplayCount = {
  readonly hook: string
  readonly delivered: number
  readonly dead: number
  readonly held: number
  readonly pending: number
  readonly unsent: number
}

/** What `replayEvents` would send. */
export async function countReplay(db: Db, filter: ReplayFilter): Promise<ReplayCount[]> {
  const { rows } = await db.execute<ReplayCount>(sql`with chosen as (${chosen(filter)}) ${counts}`)
  return rows
}

/**
 * Sends events once more, under the ids that they always had and in the order of their streams. A disabled hook's are
 * held. An attempt that is under way goes on.
 */
export async function replayEvents(db: Db, filter: ReplayFilter): Promise<ReplayCount[]> {
  return inTransaction(db, async (tx) => {
    const rows = await setGoing(tx, filter)
    await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`)
    return rows
  })
}

async function setGoing(tx: Tx, filter: ReplayFilter): Promise<ReplayCount[]> {
  const { rows } = await tx.execute<ReplayCount>(sql`
    with chosen as materialized (${chosen(filter)}),
    going as (
      insert into landfall.delivery as d (event, hook, stream, sequence, state, next_attempt_at)
      select event, hook, stream, sequence, case when is_active then 'pending' else 'held' end,
        case when is_active then now() end
      from chosen order by recorded_at, event
      on conflict (event, hook) do update set state = excluded.state, next_attempt_at = excluded.next_attempt_at,
        failures = 0, delivered_at = null, lease_until = null
      where d.state <> 'pending' or ${isFree('d.lease_until')})
    ${counts}`)
  return rows
}

/** Of each hook: the events that it wants, and those that it was ever sent. */
function chosen(filter: ReplayFilter): SQL {
  return sql`
    select e.id as event, e.recorded_at, e.sequence, h.name as hook, h.state = 'active' as is_active,
      coalesce('m' || e.migration, 'a/' || e.account, 'h/' || e.hook) as stream, coalesce(d.state, 'unsent') as state
    from landfall.event e
    join landfall.hook h on h.configured and e.hook is distinct from h.name
    left join landfall.delivery d on d.event = e.id and d.hook = h.name
    where (d.event is not null or e.type = any(h.events)) ${conditionsOf(filter)}`
}

function conditionsOf({ event, since, until, types, hook, dead }: ReplayFilter): SQL {
  const conditions = [
    event === undefined ? [] : [sql`and e.id = ${event}`],
    since === undefined ? [] : [sql`and e.recorded_at >= ${since.toISOString()}::timestamptz`],
    until === undefined ? [] : [sql`and e.recorded_at < ${until.toISOString()}::timestamptz`],
    types === undefined ? [] : [sql`and e.type = any(${sql.param(types)}::text[])`],
    hook === undefined ? [] : [sql`and h.name = ${hook}`],
    dead === true ? [sql`and d.state = 'dead'`] : [],
  ].flat()
  return sql.join(conditions, sql` `)
}

const counts = sql`
  select hook, count(*) filter (where state = 'delivered')::int as delivered,
    count(*) filter (where state = 'dead')::int as dead, count(*) filter (where state = 'held')::int as held,
    count(*) filter (where state = 'pending')::int as pending, count(*) filter (where state = 'unsent')::int as unsent
  from chosen group by hook order by hook`

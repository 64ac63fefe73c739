import { type SQL, sql } from 'drizzle-orm'

import type { Db } from '../db.ts'
import { rowsOf } from '../rows.ts'

/** Ends of one kind or another. */
type Outcomes = {
  readonly succeeded: number
  readonly partial: number
  readonly failed: number
  readonly abandoned: number
}

type Found = Outcomes & { readonly discovered: number }

type DayRow = Found & { readonly day: string }

type HourRow = {
  readonly hour: string
  readonly transitions: number
  readonly p50_seconds: number | null
  readonly p99_seconds: number | null
  readonly list_requests: number
  readonly get_requests: number
  readonly rate_limited: number
  readonly errors: number
}

/** How everything goes, over all accounts and hooks. */
export interface Stats {
  readonly at: string
  readonly live: Record<'pending' | 'running' | 'needs_input' | 'unknown', number>
  readonly overdue: number
  readonly total: number
  readonly today: Found
  readonly last_24h: Outcomes & {
    readonly failure_rate: number | null
    readonly detection_lag_p50_seconds: number | null
    readonly detection_lag_p99_seconds: number | null
  }
  readonly accounts: { readonly active: number; readonly suspended: number }
  readonly hooks: { readonly active: number; readonly disabled: number; readonly failing: number }
  readonly deliveries: {
    readonly pending: number
    readonly held: number
    readonly dead: number
    readonly oldest_pending_seconds: number | null
  }
  readonly daily: readonly DayRow[]
  readonly hourly: readonly HourRow[]
}

/** From rollups and small indexes; nothing here reads history. */
export async function loadStats(db: Pick<Db, 'execute'>): Promise<Stats> {
  // One after the other, so that they leave the pool's other connections to those who track.
  const standing = await one<Standing>(db, STANDING)
  const ended = await one<Outcomes>(db, ENDED)
  const accounts = await one<Stats['accounts']>(db, ACCOUNTS)
  const hooks = await one<Stats['hooks']>(db, HOOKS)
  const deliveries = await one<Stats['deliveries']>(db, DELIVERIES)
  const daily = await rowsOf<DayRow>(db, DAILY)
  const hourly = await rowsOf<HourRow>(db, HOURLY)
  const { at, overdue, total, ...live } = standing
  const { day: _, ...today } = daily.at(-1) ?? NO_DAY
  const last_24h = {
    ...ended,
    failure_rate: failureRate(ended),
    ...lagOf(hourly.slice(-24)),
  }
  return { at, live, overdue, total, today, last_24h, accounts, hooks, deliveries, daily, hourly }
}

type Standing = Stats['live'] & { readonly at: string; readonly overdue: number; readonly total: number }

const NO_DAY: DayRow = { day: '', discovered: 0, succeeded: 0, partial: 0, failed: 0, abandoned: 0 }

function failureRate({ succeeded, partial, failed, abandoned }: Outcomes): number | null {
  const all = succeeded + partial + failed + abandoned
  return all === 0 ? null : failed / all
}

/** Percentiles cannot be added up. That of all is at most the greatest of the hours'; the median is their mean, by weight. */
function lagOf(hours: readonly HourRow[]) {
  const measured = hours.filter(({ p50_seconds }) => p50_seconds !== null)
  const transitions = measured.reduce((sum, hour) => sum + hour.transitions, 0)
  const weighed = measured.reduce((sum, hour) => sum + hour.transitions * (hour.p50_seconds ?? 0), 0)
  return {
    detection_lag_p50_seconds: transitions === 0 ? null : weighed / transitions,
    detection_lag_p99_seconds:
      transitions === 0 ? null : Math.max(...measured.map(({ p99_seconds }) => p99_seconds ?? 0)),
  }
}

async function one<T extends Record<string, unknown>>(db: Pick<Db, 'execute'>, query: SQL): Promise<T> {
  const [row] = await rowsOf<T>(db, query)
  if (row === undefined) throw new Error('load stats: an aggregate gave no row')
  return row
}

const standingIn = (phase: keyof Stats['live']) =>
  sql`coalesce(sum(migrations) filter (where phase = ${phase}), 0)::int`

const STANDING = sql`
  select now() as at, ${standingIn('pending')} as pending, ${standingIn('running')} as running,
    ${standingIn('needs_input')} as needs_input, ${standingIn('unknown')} as unknown,
    (select count(*)::int from landfall.migration where overdue and vanished_at is null) as overdue,
    coalesce(sum(migrations + vanished), 0)::int as total
  from reporting.status_counts`

const endedAs = (phase: keyof Outcomes) => sql`count(*) filter (where phase = ${phase})::int`

const ENDED = sql`
  select ${endedAs('succeeded')} as succeeded, ${endedAs('partial')} as partial, ${endedAs('failed')} as failed,
    ${endedAs('abandoned')} as abandoned
  from landfall.migration where finished_at > now() - interval '24 hours'`

const ACCOUNTS = sql`
  select count(*) filter (where state = 'active')::int as active,
    count(*) filter (where state = 'suspended')::int as suspended
  from landfall.account`

const HOOKS = sql`
  select count(*) filter (where state = 'active')::int as active,
    count(*) filter (where state = 'disabled')::int as disabled,
    count(*) filter (where state = 'active' and failures > 0)::int as failing
  from landfall.hook where configured`

// Numbers of deliveries grow with time, so that the smallest is the oldest; `+ 0` keeps Postgres from looking for it
// among all those that arrived.
const DELIVERIES = sql`
  select pending, held, dead, (
    select greatest(0, extract(epoch from now() - e.recorded_at)::float8)
    from landfall.delivery d join landfall.event e on e.id = d.event where d.id = open.oldest) as oldest_pending_seconds
  from (
    select count(*) filter (where state = 'pending')::int as pending, count(*) filter (where state = 'held')::int as held,
      count(*) filter (where state = 'dead')::int as dead, min(id + 0) filter (where state = 'pending') as oldest
    from landfall.delivery where state <> 'delivered') as open`

const summed = (column: keyof Found) => sql.raw(`coalesce(sum(o.${column}), 0)::int as ${column}`)

const DAILY = sql`
  select days.day::text, ${summed('discovered')}, ${summed('succeeded')}, ${summed('partial')}, ${summed('failed')},
    ${summed('abandoned')}
  from (select landfall.day_of(now()) - n as day from generate_series(29, 0, -1) n) as days
  left join reporting.daily_outcomes o on o.day = days.day group by days.day order by days.day`

const HOURLY = sql`
  select hours.hour, coalesce(lag.transitions, 0)::int as transitions, lag.p50_seconds, lag.p99_seconds,
    coalesce(usage.list_requests, 0)::int as list_requests, coalesce(usage.get_requests, 0)::int as get_requests,
    coalesce(usage.rate_limited, 0)::int as rate_limited, coalesce(usage.errors, 0)::int as errors
  from (
    select landfall.hour_of(now()) - make_interval(hours => n) as hour from generate_series(47, 0, -1) n) as hours
  left join (
    select hour, sum(transitions) as transitions, sum(transitions * p50_seconds) / sum(transitions) as p50_seconds,
      max(p99_seconds) as p99_seconds
    from reporting.detection_lag
    where hour > now() - interval '49 hours' group by hour) as lag on lag.hour = hours.hour
  left join (
    select hour, sum(list_requests) as list_requests, sum(get_requests) as get_requests,
      sum(rate_limited) as rate_limited, sum(errors) as errors
    from reporting.api_usage_hourly where hour > now() - interval '49 hours' group by hour) as usage
    on usage.hour = hours.hour
  order by hours.hour`

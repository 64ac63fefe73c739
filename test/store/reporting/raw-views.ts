/** The views that are kept as rollups, as they would read if they asked the migrations and their history themselves. */
export const RAW_VIEWS = {
  daily_outcomes: `
    select day::text, account, sum(discovered)::int as discovered, sum(succeeded)::int as succeeded,
      sum(partial)::int as partial, sum(failed)::int as failed, sum(abandoned)::int as abandoned
    from (
      select (first_seen_at at time zone 'UTC')::date as day, account, 1 as discovered, 0 as succeeded, 0 as partial,
        0 as failed, 0 as abandoned
      from landfall.migration
      union all
      select (finished_at at time zone 'UTC')::date, account, 0, (phase = 'succeeded')::int, (phase = 'partial')::int,
        (phase = 'failed')::int, (phase = 'abandoned')::int
      from landfall.migration where finished_at is not null) as counted
    group by day, account`,
  company_summary: `
    select account, company_id, count(*)::int as total,
      count(*) filter (where phase not in ('succeeded', 'partial', 'failed', 'abandoned'))::int as live,
      count(*) filter (where phase = 'needs_input')::int as needs_input,
      count(*) filter (where phase = 'succeeded')::int as succeeded,
      count(*) filter (where phase = 'partial')::int as partial,
      count(*) filter (where phase = 'failed')::int as failed,
      count(*) filter (where phase = 'abandoned')::int as abandoned, max(status_since) as last_change_at
    from landfall.migration group by account, company_id`,
  status_counts: `
    select account, status, phase, phase in ('succeeded', 'partial', 'failed', 'abandoned') as is_terminal,
      count(*) filter (where vanished_at is null)::int as migrations,
      count(*) filter (where vanished_at is not null)::int as vanished
    from landfall.migration group by account, status, phase`,
  detection_lag: `
    select date_trunc('hour', t.not_after, 'UTC') as hour, m.account, count(*)::int as transitions,
      percentile_cont(0.5) within group (order by extract(epoch from t.not_after - t.not_before)::float8) as p50_seconds,
      percentile_cont(0.99) within group (order by extract(epoch from t.not_after - t.not_before)::float8) as p99_seconds
    from landfall.transition t join landfall.migration m on m.id = t.migration
    where t.not_before is not null group by 1, 2`,
  accounts: `
    select a.name as account, a.provider, a.state, a.state_reason, a.baseline_at, a.last_sweep_completed_at,
      count(m)::int as tracked, count(m) filter (
        where phase not in ('succeeded', 'partial', 'failed', 'abandoned') and vanished_at is null)::int as live
    from landfall.account a left join landfall.migration m on m.account = a.name group by a.name`,
} as const

export type RawView = keyof typeof RAW_VIEWS

/** The view itself, with the types of its raw twin. */
export const KEPT_VIEWS: Readonly<Record<RawView, string>> = {
  daily_outcomes: `select day::text, account, discovered::int, succeeded::int, partial::int, failed::int, abandoned::int
    from reporting.daily_outcomes`,
  company_summary: `select account, company_id, total::int, live::int, needs_input::int, succeeded::int, partial::int,
    failed::int, abandoned::int, last_change_at from reporting.company_summary`,
  status_counts: `select account, status, phase, is_terminal, migrations::int, vanished::int from reporting.status_counts`,
  detection_lag: `select hour, account, transitions::int, p50_seconds, p99_seconds from reporting.detection_lag`,
  accounts: `select account, provider, state, state_reason, baseline_at, last_sweep_completed_at, tracked::int, live::int
    from reporting.accounts`,
}

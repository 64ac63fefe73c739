-- What dashboards read. Only new objects: nothing is locked, and old processes go on beside it.
create schema reporting;
--> statement-breakpoint
create view reporting.migrations as
select m.account, a.provider, m.migration_id, m.status, m.phase,
  m.phase in ('succeeded', 'partial', 'failed', 'abandoned') as is_terminal,
  m.company_id, m.created_by_user_id, m.created_at, m.first_seen_at, m.status_since, m.finished_at, m.last_observed_at,
  m.last_observed_via, m.next_poll_at, m.polls, m.transitions, m.overdue, m.vanished_at, m.attributes
from landfall.migration m join landfall.account a on a.name = m.account;
--> statement-breakpoint
create view reporting.transitions as
select m.account, m.migration_id, t.seq, t.from_status, t.to_status, t.from_phase, t.to_phase, t.not_before, t.not_after,
  t.observed_via, t.recorded_at
from landfall.transition t join landfall.migration m on m.id = t.migration;
--> statement-breakpoint
create view reporting.time_in_status as
select m.account, m.migration_id, t.to_status as status, t.to_phase as phase, t.not_after as entered_at,
  next.not_after as left_at,
  extract(epoch from coalesce(next.not_after, now()) - t.not_after)::float8 as seconds
from landfall.transition t
join landfall.migration m on m.id = t.migration
left join landfall.transition next on next.migration = t.migration and next.seq = t.seq + 1;
--> statement-breakpoint
create view reporting.daily_outcomes as
select day, account, sum(discovered)::bigint as discovered, sum(succeeded)::bigint as succeeded,
  sum(partial)::bigint as partial, sum(failed)::bigint as failed, sum(abandoned)::bigint as abandoned
from (
  select (first_seen_at at time zone 'UTC')::date as day, account, 1 as discovered, 0 as succeeded, 0 as partial,
    0 as failed, 0 as abandoned
  from landfall.migration
  union all
  select (finished_at at time zone 'UTC')::date, account, 0, (phase = 'succeeded')::int, (phase = 'partial')::int,
    (phase = 'failed')::int, (phase = 'abandoned')::int
  from landfall.migration where finished_at is not null
) as counted group by day, account;
--> statement-breakpoint
create view reporting.company_summary as
select account, company_id, count(*) as total,
  count(*) filter (where phase not in ('succeeded', 'partial', 'failed', 'abandoned')) as live,
  count(*) filter (where phase = 'needs_input') as needs_input,
  count(*) filter (where phase = 'succeeded') as succeeded,
  count(*) filter (where phase = 'partial') as partial,
  count(*) filter (where phase = 'failed') as failed,
  count(*) filter (where phase = 'abandoned') as abandoned,
  max(status_since) as last_change_at
from landfall.migration group by account, company_id;
--> statement-breakpoint
create view reporting.detection_lag as
select date_trunc('hour', t.not_after) as hour, m.account, count(*) as transitions,
  percentile_cont(0.5) within group (order by extract(epoch from t.not_after - t.not_before)::float8) as p50_seconds,
  percentile_cont(0.99) within group (order by extract(epoch from t.not_after - t.not_before)::float8) as p99_seconds
from landfall.transition t join landfall.migration m on m.id = t.migration
where t.not_before is not null
group by 1, 2;
--> statement-breakpoint
create view reporting.accounts as
select a.name as account, a.provider, a.state, a.state_reason, a.baseline_at, a.last_sweep_completed_at,
  counted.tracked, counted.live
from landfall.account a
cross join lateral (
  select count(*) as tracked,
    count(*) filter (where phase not in ('succeeded', 'partial', 'failed', 'abandoned') and vanished_at is null) as live
  from landfall.migration m where m.account = a.name) as counted;
--> statement-breakpoint
create view reporting.api_usage_hourly as
select hour, account, list_requests, get_requests, rate_limited, errors from landfall.usage;
--> statement-breakpoint
create view reporting.events as
select id as event_id, type, account, migration_id, sequence, recorded_at, payload from landfall.event;
--> statement-breakpoint
create view reporting.deliveries as
select d.event as event_id, e.type as event_type, d.hook, d.state, d.attempts, d.first_attempt_at, d.delivered_at,
  d.next_attempt_at, d.last_status_code, d.last_error
from landfall.delivery d join landfall.event e on e.id = d.event;
--> statement-breakpoint
do $$ begin
  if not exists (select from pg_roles where rolname = 'landfall_reader') then
    create role landfall_reader nologin;
  end if;
  grant usage on schema reporting to landfall_reader;
  grant select on all tables in schema reporting to landfall_reader;
exception
  when insufficient_privilege then
    raise notice 'This user may not create roles: grant select on schema reporting to your dashboards yourself.';
  -- Another database of this server made the role at the same moment.
  when unique_violation or duplicate_object then
    grant usage on schema reporting to landfall_reader;
    grant select on all tables in schema reporting to landfall_reader;
end $$;

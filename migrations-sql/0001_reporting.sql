-- What dashboards read: schema `reporting`. It holds new objects and new indexes only.
--
-- Views that would have to read all migrations or all history are answered from rollups: tables that triggers keep up.
-- A trigger never changes a counter, for processes that record side by side would wait for one another there, and could
-- deadlock. It appends what changed to a delta table. Every 256th row folds the deltas into the rollups, one process at
-- a time, while the others go on. A view adds both, so that it is exact at any moment: whoever sees a change sees its delta.
create schema reporting;
--> statement-breakpoint
-- Days and hours are those of UTC, whatever zone a session has.
create function landfall.hour_of(moment timestamptz) returns timestamptz language sql immutable parallel safe
return date_trunc('hour', moment at time zone 'UTC') at time zone 'UTC';
--> statement-breakpoint
create function landfall.quarter_of(moment timestamptz) returns timestamptz language sql immutable parallel safe
return date_bin('15 minutes', moment, '2000-01-01 00:00:00+00');
--> statement-breakpoint
create function landfall.day_of(moment timestamptz) returns date language sql immutable parallel safe
return (moment at time zone 'UTC')::date;
--> statement-breakpoint
create function landfall.month_of(day date) returns date language sql immutable parallel safe
return date_trunc('month', day::timestamp)::date;
--> statement-breakpoint
-- Migrations as they stand: one row per image that came (1) or went (-1).
create table landfall.migration_delta (
  id bigint generated always as identity primary key,
  account text not null,
  company_id text,
  status text not null,
  phase text not null,
  vanished boolean not null,
  seen_on date not null,
  finished_on date,
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
--> statement-breakpoint
create table landfall.outcome_day (
  account text not null,
  day date not null,
  discovered bigint not null,
  succeeded bigint not null,
  partial bigint not null,
  failed bigint not null,
  abandoned bigint not null,
  primary key (account, day)
) with (fillfactor = 70);
--> statement-breakpoint
create table landfall.company_count (
  account text not null,
  company_id text,
  total bigint not null,
  live bigint not null,
  needs_input bigint not null,
  succeeded bigint not null,
  partial bigint not null,
  failed bigint not null,
  abandoned bigint not null
) with (fillfactor = 70);
--> statement-breakpoint
-- Those of no company are counted too; before Postgres 15 nulls are never equal in an index.
create unique index company_count_key on landfall.company_count (account, coalesce(company_id, ''), (company_id is null));
--> statement-breakpoint
create table landfall.status_count (
  account text not null,
  status text not null,
  phase text not null,
  vanished boolean not null,
  n bigint not null,
  primary key (account, status, phase, vanished)
) with (fillfactor = 70);
--> statement-breakpoint
-- Statuses entered (1) and left (-1) by the quarter of an hour. Their sum over all that lie before a moment is what was
-- known then.
create table landfall.status_delta (
  id bigint generated always as identity primary key,
  account text not null,
  quarter timestamptz not null,
  status text not null,
  phase text not null,
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
--> statement-breakpoint
create table landfall.status_quarter (
  account text not null,
  quarter timestamptz not null,
  status text not null,
  phase text not null,
  n bigint not null,
  primary key (quarter, account, status, phase)
) with (fillfactor = 70);
--> statement-breakpoint
create table landfall.status_day (
  account text not null,
  day date not null,
  status text not null,
  phase text not null,
  n bigint not null,
  primary key (day, account, status, phase)
) with (fillfactor = 70);
--> statement-breakpoint
-- Named by its first day.
create table landfall.status_month (
  account text not null,
  month date not null,
  status text not null,
  phase text not null,
  n bigint not null,
  primary key (month, account, status, phase)
) with (fillfactor = 70);
--> statement-breakpoint
-- Percentiles cannot be added up. Hours named here are computed from their transitions; all others stand in lag_hour.
create table landfall.lag_touched (
  id bigint generated always as identity primary key,
  account text not null,
  hour timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
--> statement-breakpoint
create table landfall.lag_hour (
  account text not null,
  hour timestamptz not null,
  transitions bigint not null,
  p50_seconds float8 not null,
  p99_seconds float8 not null,
  primary key (account, hour)
);
--> statement-breakpoint
-- Newest changes of all, of an account, of a phase, of a company; what ended since; what happened in a stretch of time.
-- Where a list is narrowed further, the last columns tell the index which rows do not fit.
create index migration_recent on landfall.migration (status_since);
--> statement-breakpoint
create index migration_account_recent on landfall.migration (account, status_since, coalesce(created_at, first_seen_at));
--> statement-breakpoint
create index migration_phase_recent
on landfall.migration (account, phase, status_since, coalesce(created_at, first_seen_at), company_id);
--> statement-breakpoint
create index migration_company_recent
on landfall.migration (account, company_id, status_since, coalesce(created_at, first_seen_at));
--> statement-breakpoint
-- What waits longest is asked for over all accounts too; from the oldest on, it would come behind all that has ended.
create index migration_open on landfall.migration (phase, status_since)
where phase in ('pending', 'running', 'needs_input', 'unknown');
--> statement-breakpoint
create index migration_finished on landfall.migration (finished_at) where finished_at is not null;
--> statement-breakpoint
create index transition_moment on landfall.transition (not_after);
--> statement-breakpoint
-- No BRIN index: after a vacuum, rows of today fill the room that pages of last year have left, and widen their ranges.
create index transition_recorded on landfall.transition (recorded_at);
--> statement-breakpoint
-- Which phases and statuses are rare differs from account to account; without this the planner walks past all others.
create statistics landfall.migration_standing (mcv, dependencies) on account, phase, status from landfall.migration;
--> statement-breakpoint
-- What has not arrived; what did, of late.
create index delivery_open on landfall.delivery (state, next_attempt_at) where state <> 'delivered';
--> statement-breakpoint
create index delivery_arrived on landfall.delivery (delivered_at) where delivered_at is not null;
--> statement-breakpoint
-- A view reads tables with its owner's rights, but a function in it would with those of whoever asks.
create function landfall.lags_in(of_hour timestamptz)
returns table (account text, transitions bigint, p50_seconds float8, p99_seconds float8)
language sql stable rows 10 security definer set search_path = pg_catalog, pg_temp set jit = off
begin atomic
  select lag.account, count(*), percentile_cont(0.5) within group (order by lag.seconds),
    percentile_cont(0.99) within group (order by lag.seconds)
  from (
    select m.account, extract(epoch from t.not_after - t.not_before)::float8 as seconds
    from landfall.transition t
    -- Offset 0: one at a time by its key, however many the planner takes them for.
    cross join lateral (select account from landfall.migration where id = t.migration offset 0) as m
    where t.not_after >= of_hour and t.not_after < of_hour + interval '1 hour' and t.not_before is not null) as lag
  group by lag.account;
end;
--> statement-breakpoint
create function landfall.fold_migration_deltas() returns void language sql
begin atomic
  with taken as (
    delete from landfall.migration_delta returning *),
  days as (
    insert into landfall.outcome_day as kept
    select account, day, sum(discovered), sum(succeeded), sum(partial), sum(failed), sum(abandoned)
    from (
      select account, seen_on as day, n as discovered, 0 as succeeded, 0 as partial, 0 as failed, 0 as abandoned from taken
      union all
      select account, finished_on, 0, n * (phase = 'succeeded')::int, n * (phase = 'partial')::int,
        n * (phase = 'failed')::int, n * (phase = 'abandoned')::int
      from taken where finished_on is not null) as counted
    group by account, day
    on conflict (account, day) do update set discovered = kept.discovered + excluded.discovered,
      succeeded = kept.succeeded + excluded.succeeded, partial = kept.partial + excluded.partial,
      failed = kept.failed + excluded.failed, abandoned = kept.abandoned + excluded.abandoned),
  companies as (
    insert into landfall.company_count as kept
    select account, company_id, sum(n),
      coalesce(sum(n) filter (where phase not in ('succeeded', 'partial', 'failed', 'abandoned')), 0),
      coalesce(sum(n) filter (where phase = 'needs_input'), 0), coalesce(sum(n) filter (where phase = 'succeeded'), 0),
      coalesce(sum(n) filter (where phase = 'partial'), 0), coalesce(sum(n) filter (where phase = 'failed'), 0),
      coalesce(sum(n) filter (where phase = 'abandoned'), 0)
    from taken group by account, company_id
    on conflict (account, coalesce(company_id, ''), (company_id is null)) do update set
      total = kept.total + excluded.total, live = kept.live + excluded.live,
      needs_input = kept.needs_input + excluded.needs_input, succeeded = kept.succeeded + excluded.succeeded,
      partial = kept.partial + excluded.partial, failed = kept.failed + excluded.failed,
      abandoned = kept.abandoned + excluded.abandoned)
  insert into landfall.status_count as kept
  select account, status, phase, vanished, sum(n) from taken group by account, status, phase, vanished
  on conflict (account, status, phase, vanished) do update set n = kept.n + excluded.n;
end;
--> statement-breakpoint
create function landfall.fold_status_deltas() returns void language sql
begin atomic
  with taken as (
    delete from landfall.status_delta returning *),
  months as (
    insert into landfall.status_month as kept (account, month, status, phase, n)
    select account, landfall.month_of(landfall.day_of(quarter)), status, phase, sum(n) from taken
    group by account, landfall.month_of(landfall.day_of(quarter)), status, phase
    on conflict (month, account, status, phase) do update set n = kept.n + excluded.n),
  days as (
    insert into landfall.status_day as kept (account, day, status, phase, n)
    select account, landfall.day_of(quarter), status, phase, sum(n) from taken
    group by account, landfall.day_of(quarter), status, phase
    on conflict (day, account, status, phase) do update set n = kept.n + excluded.n)
  insert into landfall.status_quarter as kept (account, quarter, status, phase, n)
  -- Rows of one time lie together, also where all of history is folded at once.
  select account, quarter, status, phase, sum(n) from taken group by account, quarter, status, phase order by quarter
  on conflict (quarter, account, status, phase) do update set n = kept.n + excluded.n;
end;
--> statement-breakpoint
-- Hours that are over are computed once; later readings of them only touch them again. Whatever row is taken here was
-- committed together with its transitions, so that the same snapshot sees them.
create function landfall.fold_lag() returns void language sql
begin atomic
  with taken as (
    delete from landfall.lag_touched returning account, hour),
  hours as (
    select distinct account, hour, hour < now() - interval '70 minutes' as is_over from taken),
  still_open as (
    insert into landfall.lag_touched (account, hour) select account, hour from hours where not is_over)
  insert into landfall.lag_hour
  select account, hour, lag.transitions, lag.p50_seconds, lag.p99_seconds
  from (select distinct hour from hours where is_over) as over
  cross join lateral landfall.lags_in(over.hour) as lag
  join hours using (account, hour)
  on conflict (account, hour) do update set
    (transitions, p50_seconds, p99_seconds) = (excluded.transitions, excluded.p50_seconds, excluded.p99_seconds);
end;
--> statement-breakpoint
-- By one transaction at a time, for only then no two of them ever wait for the same counter. Nobody waits to be that one.
create function landfall.fold_rollups() returns void language plpgsql as $$
begin
  if pg_try_advisory_xact_lock(7265002) then
    perform landfall.fold_migration_deltas();
    perform landfall.fold_status_deltas();
    perform landfall.fold_lag();
  end if;
end $$;
--> statement-breakpoint
create function landfall.note_migrations() returns trigger language plpgsql as $$
declare
  is_due boolean;
begin
  with noted as (
    insert into landfall.migration_delta (account, company_id, status, phase, vanished, seen_on, finished_on, n)
    select account, company_id, status, phase, vanished_at is not null, landfall.day_of(first_seen_at),
      landfall.day_of(finished_at), case tg_op when 'DELETE' then -count(*) else count(*) end
    from changed group by 1, 2, 3, 4, 5, 6, 7
    returning id % 256 = 0 as is_due)
  select bool_or(noted.is_due) into is_due from noted;
  if is_due then perform landfall.fold_rollups(); end if;
  return null;
end $$;
--> statement-breakpoint
create function landfall.note_migration_change() returns trigger language plpgsql as $$
declare
  is_due boolean;
begin
  with noted as (
    insert into landfall.migration_delta (account, company_id, status, phase, vanished, seen_on, finished_on, n)
    values
      (old.account, old.company_id, old.status, old.phase, old.vanished_at is not null,
        landfall.day_of(old.first_seen_at), landfall.day_of(old.finished_at), -1),
      (new.account, new.company_id, new.status, new.phase, new.vanished_at is not null,
        landfall.day_of(new.first_seen_at), landfall.day_of(new.finished_at), 1)
    returning id % 256 = 0 as is_due)
  select bool_or(noted.is_due) into is_due from noted;
  if is_due then perform landfall.fold_rollups(); end if;
  return null;
end $$;
--> statement-breakpoint
create trigger note_inserted after insert on landfall.migration
referencing new table as changed for each statement execute function landfall.note_migrations();
--> statement-breakpoint
create trigger note_deleted after delete on landfall.migration
referencing old table as changed for each statement execute function landfall.note_migrations();
--> statement-breakpoint
-- Most readings change nothing that is counted, and are to cost nothing here.
create trigger note_updated after update on landfall.migration for each row
when ((old.account, old.company_id, old.status, old.phase, old.vanished_at is null, old.first_seen_at, old.finished_at)
  is distinct from
  (new.account, new.company_id, new.status, new.phase, new.vanished_at is null, new.first_seen_at, new.finished_at))
execute function landfall.note_migration_change();
--> statement-breakpoint
-- An answer that was long under way may be received after a younger one, and recorded before it. At any time the known
-- status is the newest one received by then; so whatever was received after the new transition, and stands before it,
-- is brought forward to the new one's quarter, where it is left in the same moment.
create function landfall.note_transitions() returns trigger language plpgsql as $$
declare
  is_due boolean;
begin
  insert into landfall.lag_touched (account, hour)
  select distinct m.account, landfall.hour_of(t.not_after)
  from changed t join landfall.migration m on m.id = t.migration where t.not_before is not null;

  with step as (
    select m.account, t.migration, t.seq, landfall.quarter_of(t.not_after) as quarter, t.to_status, t.to_phase,
      before.to_status as from_status, before.to_phase as from_phase
    from changed t
    join landfall.migration m on m.id = t.migration
    left join landfall.transition before on before.migration = t.migration and before.seq = t.seq - 1),
  overtaken as (
    select step.account, step.quarter as new_quarter, earlier.*
    from step cross join lateral (
      select landfall.quarter_of(min(t.not_after) over (order by t.seq desc)) as quarter, t.to_status, t.to_phase,
        lag(t.to_status) over (order by t.seq) as from_status, lag(t.to_phase) over (order by t.seq) as from_phase
      from landfall.transition t where t.migration = step.migration and t.seq < step.seq) as earlier
    where earlier.quarter > step.quarter),
  moved as (
    select account, quarter, to_status, to_phase, from_status, from_phase, 1 as n from step
    union all
    select account, new_quarter, to_status, to_phase, from_status, from_phase, 1 from overtaken
    union all
    select account, quarter, to_status, to_phase, from_status, from_phase, -1 from overtaken),
  counted as (
    select account, quarter, to_status as status, to_phase as phase, n from moved
    union all
    select account, quarter, from_status, from_phase, -n from moved where from_status is not null),
  noted as (
    insert into landfall.status_delta (account, quarter, status, phase, n)
    select account, quarter, status, phase, sum(n) from counted group by 1, 2, 3, 4 having sum(n) <> 0
    returning id % 256 = 0 as is_due)
  select bool_or(noted.is_due) into is_due from noted;
  if is_due then perform landfall.fold_rollups(); end if;
  return null;
end $$;
--> statement-breakpoint
create trigger note_inserted after insert on landfall.transition
referencing new table as changed for each statement execute function landfall.note_transitions();
--> statement-breakpoint
create function landfall.forget_migrations() returns trigger language plpgsql as $$
begin
  truncate landfall.migration_delta, landfall.outcome_day, landfall.company_count, landfall.status_count;
  return null;
end $$;
--> statement-breakpoint
create function landfall.forget_transitions() returns trigger language plpgsql as $$
begin
  truncate landfall.status_delta, landfall.status_quarter, landfall.status_day, landfall.status_month,
    landfall.lag_touched, landfall.lag_hour;
  return null;
end $$;
--> statement-breakpoint
create trigger forget_truncated after truncate on landfall.migration
for each statement execute function landfall.forget_migrations();
--> statement-breakpoint
create trigger forget_truncated after truncate on landfall.transition
for each statement execute function landfall.forget_transitions();
--> statement-breakpoint
-- From nothing, after rows were written past the triggers or history was altered by hand. Recording waits meanwhile.
create function landfall.rebuild_rollups() returns void language plpgsql as $$
begin
  lock table landfall.migration, landfall.transition in share row exclusive mode;
  truncate landfall.migration_delta, landfall.outcome_day, landfall.company_count, landfall.status_count,
    landfall.status_delta, landfall.status_quarter, landfall.status_day, landfall.status_month, landfall.lag_touched,
    landfall.lag_hour;

  insert into landfall.migration_delta (account, company_id, status, phase, vanished, seen_on, finished_on, n)
  select account, company_id, status, phase, vanished_at is not null, landfall.day_of(first_seen_at),
    landfall.day_of(finished_at), count(*)
  from landfall.migration group by 1, 2, 3, 4, 5, 6, 7;

  insert into landfall.status_delta (account, quarter, status, phase, n)
  with step as (
    select m.account, t.to_status, t.to_phase,
      landfall.quarter_of(min(t.not_after) over (history rows between current row and unbounded following)) as quarter,
      lag(t.to_status) over history as from_status, lag(t.to_phase) over history as from_phase
    from landfall.transition t join landfall.migration m on m.id = t.migration
    window history as (partition by t.migration order by t.seq))
  select account, quarter, status, phase, sum(n) from (
    select account, quarter, to_status as status, to_phase as phase, 1 as n from step
    union all
    select account, quarter, from_status, from_phase, -1 from step where from_status is not null) as counted
  group by 1, 2, 3, 4 having sum(n) <> 0;

  insert into landfall.lag_hour
  select account, hour, count(*), percentile_cont(0.5) within group (order by seconds),
    percentile_cont(0.99) within group (order by seconds)
  from (
    select m.account, landfall.hour_of(t.not_after) as hour,
      extract(epoch from t.not_after - t.not_before)::float8 as seconds
    from landfall.transition t join landfall.migration m on m.id = t.migration where t.not_before is not null) as lag
  group by account, hour;

  perform landfall.fold_migration_deltas();
  perform landfall.fold_status_deltas();
  -- Empty by now, but as large as all of history was; whoever reads them would walk through that.
  truncate landfall.migration_delta, landfall.status_delta;
end $$;
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
-- The stay that lasts is read from the migration itself: what waits longest is asked for most.
create view reporting.time_in_status as
select m.account, m.migration_id, t.to_status as status, t.to_phase as phase, t.not_after as entered_at,
  next.not_after as left_at, extract(epoch from next.not_after - t.not_after)::float8 as seconds
from landfall.transition t
join landfall.transition next on next.migration = t.migration and next.seq = t.seq + 1
join landfall.migration m on m.id = t.migration
union all
select account, migration_id, status, phase, status_since, null,
  extract(epoch from now() - status_since)::float8
from landfall.migration;
--> statement-breakpoint
create view reporting.daily_outcomes as
select day, account, sum(discovered)::bigint as discovered, sum(succeeded)::bigint as succeeded,
  sum(partial)::bigint as partial, sum(failed)::bigint as failed, sum(abandoned)::bigint as abandoned
from (
  select day, account, discovered, succeeded, partial, failed, abandoned from landfall.outcome_day
  union all
  select seen_on, account, n, 0, 0, 0, 0 from landfall.migration_delta
  union all
  select finished_on, account, 0, n * (phase = 'succeeded')::int, n * (phase = 'partial')::int,
    n * (phase = 'failed')::int, n * (phase = 'abandoned')::int
  from landfall.migration_delta where finished_on is not null
) as counted group by day, account
having (sum(discovered), sum(succeeded), sum(partial), sum(failed), sum(abandoned)) <> (0, 0, 0, 0, 0);
--> statement-breakpoint
-- A newest moment cannot be taken back from a rollup as a count can; the index finds it.
create view reporting.company_summary as
select counted.*, case when company_id is null
    then (select max(m.status_since) from landfall.migration m where m.account = counted.account and m.company_id is null)
    else (select max(m.status_since) from landfall.migration m
      where m.account = counted.account and m.company_id = counted.company_id)
  end as last_change_at
from (
  select account, company_id, sum(total)::bigint as total, sum(live)::bigint as live,
    sum(needs_input)::bigint as needs_input, sum(succeeded)::bigint as succeeded, sum(partial)::bigint as partial,
    sum(failed)::bigint as failed, sum(abandoned)::bigint as abandoned
  from (
    select account, company_id, total, live, needs_input, succeeded, partial, failed, abandoned
    from landfall.company_count
    union all
    select account, company_id, n, n * (phase not in ('succeeded', 'partial', 'failed', 'abandoned'))::int,
      n * (phase = 'needs_input')::int, n * (phase = 'succeeded')::int, n * (phase = 'partial')::int,
      n * (phase = 'failed')::int, n * (phase = 'abandoned')::int
    from landfall.migration_delta) as parts
  group by account, company_id having sum(total) > 0) as counted;
--> statement-breakpoint
create view reporting.status_counts as
select account, status, phase, phase in ('succeeded', 'partial', 'failed', 'abandoned') as is_terminal,
  coalesce(sum(n) filter (where not vanished), 0)::bigint as migrations,
  coalesce(sum(n) filter (where vanished), 0)::bigint as vanished
from (
  select account, status, phase, vanished, n from landfall.status_count
  union all
  select account, status, phase, vanished, n from landfall.migration_delta) as counted
group by account, status, phase having sum(n) > 0;
--> statement-breakpoint
create view reporting.detection_lag as
select hour, account, transitions, p50_seconds, p99_seconds from landfall.lag_hour done
where not exists (
  select from landfall.lag_touched touched where touched.account = done.account and touched.hour = done.hour)
union all
select touched.hour, lag.account, lag.transitions, lag.p50_seconds, lag.p99_seconds
from (select distinct hour from landfall.lag_touched) as touched
cross join lateral landfall.lags_in(touched.hour) as lag
where exists (select from landfall.lag_touched t where t.account = lag.account and t.hour = touched.hour);
--> statement-breakpoint
create view reporting.accounts as
select a.name as account, a.provider, a.state, a.state_reason, a.baseline_at, a.last_sweep_completed_at,
  counted.tracked, counted.live
from landfall.account a
cross join lateral (
  select coalesce(sum(c.migrations + c.vanished), 0)::bigint as tracked,
    coalesce(sum(c.migrations) filter (where not c.is_terminal), 0)::bigint as live
  from reporting.status_counts c where c.account = a.name) as counted;
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
-- As-of questions read what their caller may not, with their owner's rights; names were looked up when they were created.
create function reporting.status_at(account text, migration_id text, ts timestamptz)
returns table (status text, phase text, seq int, not_before timestamptz, not_after timestamptz)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
begin atomic
  select t.to_status, t.to_phase, t.seq, t.not_before, t.not_after
  from landfall.migration m join landfall.transition t on t.migration = m.id
  where m.account = status_at.account and m.migration_id = status_at.migration_id and t.not_after <= status_at.ts
  order by t.seq desc limit 1;
end;
--> statement-breakpoint
-- Compiling it would take many times as long as it runs.
create function reporting.counts_at(ts timestamptz)
returns table (account text, status text, phase text, migrations bigint)
language sql stable strict security definer set search_path = pg_catalog, pg_temp set jit = off
begin atomic
  -- Whatever moved in the quarter of an hour of the question is compared before it and at the moment itself.
  with moved as (
    select m.account, t.migration
    from (select distinct migration from landfall.transition
      where not_after >= landfall.quarter_of(ts) and not_after <= ts) as t
    cross join lateral (select account from landfall.migration where id = t.migration offset 0) as m),
  parts as (
    select m.account, m.status, m.phase, m.n from landfall.status_month m
    where m.month < landfall.month_of(landfall.day_of(ts))
    union all
    select d.account, d.status, d.phase, d.n from landfall.status_day d
    where d.day >= landfall.month_of(landfall.day_of(ts)) and d.day < landfall.day_of(ts)
    union all
    select q.account, q.status, q.phase, q.n from landfall.status_quarter q
    where q.quarter >= landfall.day_of(ts)::timestamp at time zone 'UTC' and q.quarter < landfall.quarter_of(ts)
    union all
    select d.account, d.status, d.phase, d.n from landfall.status_delta d where d.quarter < landfall.quarter_of(ts)
    union all
    select moved.account, last.to_status, last.to_phase, -1
    from moved cross join lateral (
      select t.to_status, t.to_phase from landfall.transition t
      where t.migration = moved.migration and t.not_after < landfall.quarter_of(ts) order by t.seq desc limit 1) as last
    union all
    select moved.account, last.to_status, last.to_phase, 1
    from moved cross join lateral (
      select t.to_status, t.to_phase from landfall.transition t
      where t.migration = moved.migration and t.not_after <= ts order by t.seq desc limit 1) as last)
  select parts.account, parts.status, parts.phase, sum(parts.n)::bigint from parts
  group by parts.account, parts.status, parts.phase having sum(parts.n) <> 0;
end;
--> statement-breakpoint
comment on schema reporting is 'What dashboards read. All times are timestamptz; days and hours are those of UTC. A time that says when something was read lies on the clock of the database.';
comment on view reporting.migrations is 'One row per migration, as it stands.';
comment on column reporting.migrations.account is 'Name of the account it was found in.';
comment on column reporting.migrations.provider is 'Kind of API that the account is polled at, such as anon.';
comment on column reporting.migrations.migration_id is 'The provider''s id: an opaque text, unique within the account.';
comment on column reporting.migrations.status is 'Newest status, as the provider spells it.';
comment on column reporting.migrations.phase is 'What the status means: pending, running, needs_input, succeeded, partial, failed, abandoned or unknown.';
comment on column reporting.migrations.is_terminal is 'Whether the phase is succeeded, partial, failed or abandoned.';
comment on column reporting.migrations.company_id is 'As the provider says; null where it says none.';
comment on column reporting.migrations.created_by_user_id is 'As the provider says; null where it says none.';
comment on column reporting.migrations.created_at is 'When it was created, by the clock of the provider; null where it does not say.';
comment on column reporting.migrations.first_seen_at is 'When the first reading that showed it was received.';
comment on column reporting.migrations.status_since is 'When the first reading that showed its present status was received.';
comment on column reporting.migrations.finished_at is 'When the first reading that showed its present end was received; null while it has not ended.';
comment on column reporting.migrations.last_observed_at is 'When the newest accepted reading was received.';
comment on column reporting.migrations.last_observed_via is 'How that reading was made: get or list.';
comment on column reporting.migrations.next_poll_at is 'When it is asked for by itself next, or, where requests are chosen by worth, at the latest; null where nothing more is to come.';
comment on column reporting.migrations.polls is 'How many get requests were answered for it so far.';
comment on column reporting.migrations.transitions is 'How many transitions are recorded of it; the highest seq.';
comment on column reporting.migrations.overdue is 'Whether it has stayed in its phase for longer than overdue_after allows, or than is usual.';
comment on column reporting.migrations.vanished_at is 'When the provider turned out not to know it any more; null while it is there, and again once it reappears.';
comment on column reporting.migrations.attributes is 'The rest of the provider''s object, as it was read last.';
comment on view reporting.transitions is 'One row per transition: two different statuses that were read one after the other.';
comment on column reporting.transitions.account is 'Name of the account.';
comment on column reporting.transitions.migration_id is 'The provider''s id of the migration.';
comment on column reporting.transitions.seq is '1, 2, … per migration, without gaps.';
comment on column reporting.transitions.from_status is 'The status before; null at first sight.';
comment on column reporting.transitions.to_status is 'The new status.';
comment on column reporting.transitions.from_phase is 'What the status before meant when it was left; null at first sight.';
comment on column reporting.transitions.to_phase is 'What the new status meant when it was recorded.';
comment on column reporting.transitions.not_before is 'When the last reading that showed the old status was requested; null at first sight. The true moment of change lies after it.';
comment on column reporting.transitions.not_after is 'When the first reading that showed the new status was received. The true moment of change lies at or before it.';
comment on column reporting.transitions.observed_via is 'How that reading was made: get or list.';
comment on column reporting.transitions.recorded_at is 'When the transaction that wrote it began.';
comment on view reporting.time_in_status is 'One row per stay of a migration in a status.';
comment on column reporting.time_in_status.account is 'Name of the account.';
comment on column reporting.time_in_status.migration_id is 'The provider''s id of the migration.';
comment on column reporting.time_in_status.status is 'The status it stayed in.';
comment on column reporting.time_in_status.phase is 'What the status meant when it was recorded; of the stay that lasts, what it means now.';
comment on column reporting.time_in_status.entered_at is 'When the status was first read: not_after of the transition into it.';
comment on column reporting.time_in_status.left_at is 'When the next status was first read; null while the stay lasts.';
comment on column reporting.time_in_status.seconds is 'From entered_at to left_at, or until now; negative where a slow answer was received after the one that followed it.';
comment on view reporting.daily_outcomes is 'One row per UTC day and account on which anything was discovered or ended. It counts migrations as they stand: one that was re-opened leaves the day of its end. Kept as a rollup.';
comment on column reporting.daily_outcomes.day is 'Day in UTC.';
comment on column reporting.daily_outcomes.account is 'Name of the account.';
comment on column reporting.daily_outcomes.discovered is 'Migrations with first_seen_at on that day.';
comment on column reporting.daily_outcomes.succeeded is 'Migrations with finished_at on that day whose phase is succeeded.';
comment on column reporting.daily_outcomes.partial is 'The same for phase partial.';
comment on column reporting.daily_outcomes.failed is 'The same for phase failed.';
comment on column reporting.daily_outcomes.abandoned is 'The same for phase abandoned.';
comment on view reporting.company_summary is 'One row per account and company with any migration, vanished ones included. Kept as a rollup.';
comment on column reporting.company_summary.account is 'Name of the account.';
comment on column reporting.company_summary.company_id is 'As the provider says; null for migrations of no known company.';
comment on column reporting.company_summary.total is 'All migrations.';
comment on column reporting.company_summary.live is 'Migrations that have not ended, vanished ones included.';
comment on column reporting.company_summary.needs_input is 'Migrations in phase needs_input.';
comment on column reporting.company_summary.succeeded is 'Migrations in phase succeeded.';
comment on column reporting.company_summary.partial is 'Migrations in phase partial.';
comment on column reporting.company_summary.failed is 'Migrations in phase failed.';
comment on column reporting.company_summary.abandoned is 'Migrations in phase abandoned.';
comment on column reporting.company_summary.last_change_at is 'The newest status_since of its migrations.';
comment on view reporting.status_counts is 'One row per account, status and phase in which any migration stands. Kept as a rollup.';
comment on column reporting.status_counts.account is 'Name of the account.';
comment on column reporting.status_counts.status is 'Status, as the provider spells it.';
comment on column reporting.status_counts.phase is 'What it means.';
comment on column reporting.status_counts.is_terminal is 'Whether the phase is an end.';
comment on column reporting.status_counts.migrations is 'Migrations that stand there and have not vanished.';
comment on column reporting.status_counts.vanished is 'Migrations that stood there when they vanished.';
comment on view reporting.detection_lag is 'One row per UTC hour and account with any transition after first sight: how late changes were noticed at most. Kept as a rollup once the hour is over.';
comment on column reporting.detection_lag.hour is 'Hour in UTC of not_after.';
comment on column reporting.detection_lag.account is 'Name of the account.';
comment on column reporting.detection_lag.transitions is 'Transitions of that hour that have a not_before.';
comment on column reporting.detection_lag.p50_seconds is 'Median of not_after - not_before in seconds: the bound, not a guess.';
comment on column reporting.detection_lag.p99_seconds is '99th percentile of not_after - not_before in seconds.';
comment on view reporting.accounts is 'One row per account that was ever configured.';
comment on column reporting.accounts.account is 'Its name.';
comment on column reporting.accounts.provider is 'Kind of API.';
comment on column reporting.accounts.state is 'active, or suspended while the provider refuses its key.';
comment on column reporting.accounts.state_reason is 'Why it is suspended; null while it is active.';
comment on column reporting.accounts.baseline_at is 'When its first full sweep was complete; null before that.';
comment on column reporting.accounts.last_sweep_completed_at is 'When a sweep over all pages was last completed; null before the first.';
comment on column reporting.accounts.tracked is 'All its migrations, vanished ones included. Kept as a rollup.';
comment on column reporting.accounts.live is 'Its migrations that have neither ended nor vanished. Kept as a rollup.';
comment on view reporting.api_usage_hourly is 'One row per UTC hour and account with any request. Every try counts, also quick repetitions.';
comment on column reporting.api_usage_hourly.hour is 'Hour in UTC at which the request was made.';
comment on column reporting.api_usage_hourly.account is 'Name of the account.';
comment on column reporting.api_usage_hourly.list_requests is 'Requests for list pages.';
comment on column reporting.api_usage_hourly.get_requests is 'Requests for single migrations.';
comment on column reporting.api_usage_hourly.rate_limited is 'Answers 429.';
comment on column reporting.api_usage_hourly.errors is 'Tries without a usable answer, 429 not among them.';
comment on view reporting.events is 'One row per event: what the outside world is told.';
comment on column reporting.events.event_id is 'Its id, the same on every attempt to deliver it.';
comment on column reporting.events.type is 'Type, such as migration.completed.';
comment on column reporting.events.account is 'Name of the account; null for events of a hook.';
comment on column reporting.events.migration_id is 'The provider''s id of the migration; null for events of the account itself.';
comment on column reporting.events.sequence is '1, 2, … per migration, or per account or hook for its own events.';
comment on column reporting.events.recorded_at is 'When the transaction that wrote it began.';
comment on column reporting.events.payload is 'The data of the event, as hooks are sent it.';
comment on view reporting.deliveries is 'One row per event and hook.';
comment on column reporting.deliveries.event_id is 'The event.';
comment on column reporting.deliveries.event_type is 'Its type.';
comment on column reporting.deliveries.hook is 'Name of the hook.';
comment on column reporting.deliveries.state is 'pending, delivered, dead (every attempt failed) or held (the hook is disabled).';
comment on column reporting.deliveries.attempts is 'Attempts whose outcome is known.';
comment on column reporting.deliveries.first_attempt_at is 'When the first attempt began; null before it.';
comment on column reporting.deliveries.delivered_at is 'When the receiver accepted it; null before that.';
comment on column reporting.deliveries.next_attempt_at is 'When it is tried next; null where it is not pending.';
comment on column reporting.deliveries.last_status_code is 'HTTP status of the newest answer; null where there was none.';
comment on column reporting.deliveries.last_error is 'What the newest attempt failed by; null once it is delivered, and before the first attempt.';
comment on function reporting.status_at(text, text, timestamptz) is 'The status of one migration as it was known at a moment: the transition with the highest seq among those with not_after at or before ts. No row where the migration had not been seen by then, or an argument is null. What a status meant is as it was recorded. A vanished migration keeps its last status.';
comment on function reporting.counts_at(timestamptz) is 'How many migrations were known in each status at a moment, per account: for every migration what status_at says of it. Statuses without any are left out; a null moment gives no row. Vanished migrations count in their last status.';
--> statement-breakpoint
do $$ begin
  if not exists (select from pg_roles where rolname = 'landfall_reader') then
    create role landfall_reader nologin;
  end if;
  grant usage on schema reporting to landfall_reader;
  grant select on all tables in schema reporting to landfall_reader;
  grant execute on all functions in schema reporting to landfall_reader;
exception
  when insufficient_privilege then
    raise notice 'This user may not create roles: grant select and execute on schema reporting to your dashboards yourself.';
  -- Another database of this server made the role at the same moment.
  when unique_violation or duplicate_object then
    grant usage on schema reporting to landfall_reader;
    grant select on all tables in schema reporting to landfall_reader;
    grant execute on all functions in schema reporting to landfall_reader;
end $$;
--> statement-breakpoint
-- Whoever can connect may by default execute any function; these are for readers.
revoke execute on all functions in schema reporting from public;
